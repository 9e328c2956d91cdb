import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runCommand } from '../../receiver/edges/nginx/command.ts'
import { startProcess, waitFor } from './processes.ts'

export interface PrivateNginx {
  /** Its `conf.d`: files `*.conf` here are read. */
  directory: string
  /** Commands for the config's `nginx.test` and `nginx.reload`. */
  test: string
  reload: string
  /** Tests its files and has it read them. Resolves to what it remarked of them. */
  check(): Promise<string>
  pid: number
  log(lines?: number): string
  /** Its workers by process id: after a reload they are others. */
  workers(): string[]
  /** Does what makes Nginx reload, and waits until the workers from before are gone. */
  reloaded(work: () => Promise<unknown>): Promise<void>
  stop(): Promise<void>
}

const run = promisify(execFile)
const INTO_PATH = 'PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"'
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** Starts an Nginx of its own: prefix, pid file, logs and temporary files lie in `dir`, and nothing listens yet. */
export async function startNginx({
  dir,
  accessLog = 'off',
}: {
  dir: string
  /** What it logs of all sites. */
  accessLog?: string
}): Promise<PrivateNginx> {
  const directory = join(dir, 'conf.d')
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  const file = join(dir, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off;
worker_processes 2;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log warn;
events { worker_connections 1024; }
http {
  access_log ${accessLog};
  server_names_hash_bucket_size 128;
${TEMPORARY.map((name) => `  ${name}_temp_path ${dir}/${name};`).join('\n')}
  include ${directory}/*.conf;
}
`,
  )
  const flags = `-e ${dir}/error.log -p ${dir} -c ${file}`
  const running = await startProcess({
    dir,
    name: 'nginx-master',
    command: '/bin/sh',
    args: ['-c', `${INTO_PATH}; exec nginx ${flags}`],
  })
  const test = `nginx -t -q ${flags}`
  const reload = `nginx -s reload ${flags}`
  // signals reach it once its pid file is there
  await waitFor(async () => (await runCommand(reload), true), {
    what: 'the private Nginx did not start',
    running,
  })
  return {
    directory,
    test,
    reload,
    async check() {
      const { stderr } = await run('/bin/sh', ['-c', `${INTO_PATH}; nginx -t ${flags}`])
      await runCommand(reload)
      return stderr
    },
    pid: running.pid,
    log: running.log,
    workers: () => workersOf(running.pid),
    async reloaded(work) {
      const before = workersOf(running.pid)
      await work()
      await waitFor(() => workersOf(running.pid).every((pid) => !before.includes(pid)), {
        what: 'Nginx kept its old workers',
        running,
      })
    },
    stop: async () => void (await running.stop()),
  }
}

const workersOf = (master: number): string[] =>
  readFileSync(`/proc/${master}/task/${master}/children`, 'utf8').trim().split(' ')
