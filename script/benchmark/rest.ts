import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDockerd } from '../../test/support/dockerd.ts'
import { buildProgram } from '../../test/support/built-program.ts'
import { startRegistry } from '../../test/support/registry.ts'
import { startVm } from '../../test/support/vm.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { ROOT } from '../package/making.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench rest [--runs 5] [--seconds 60] [--program FILE]

  The receiver with one app that is live: the time and the processor time until it answers, its memory after 10 s of rest, and the
  processor time of a minute of rest; of the npm package's bundle, of the sources, and of Node with an empty server and an SQLite
  file. They take turns. --program measures one more, such as the executable of out/.`

const REST_MS = 10_000
/** As Linux counts processor time in /proc. */
const MS_PER_TICK = 10

/** What is measured of one program: a number of each run. */
export interface AtRest {
  /** From its start to its first answer. */
  startMs: number[]
  startCpuMs: number[]
  /** After 10 s of rest. The RSS has pages of the program file, which others share and the kernel takes back. */
  rssMiB: number[]
  pssMiB: number[]
  /** That nobody else has: without the pages of files. */
  ownMiB: number[]
  /** While nothing happens, of as many seconds as were asked for. */
  restCpuMs: number[]
}

/** Started as `[command, ...arguments]`; answers `/healthz` at the socket. */
type Words = readonly [string, ...string[]]

const BARE = `
  const { DatabaseSync } = require('node:sqlite')
  const [socket, file] = process.argv.slice(1)
  new DatabaseSync(file).exec('PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS kept (value)')
  const server = require('node:http').createServer((_, response) => response.end()).listen(socket)
  process.once('SIGTERM', () => server.close())
`

/** Measures the bundle, the sources and a bare Node in turns, and further programs by their names. Takes root, for an engine of its own. */
export async function measureRest({
  runs,
  seconds,
  programs = {},
}: {
  runs: number
  seconds: number
  /** Files that take the receiver's command line. */
  programs?: Readonly<Record<string, string>>
}): Promise<Record<string, AtRest>> {
  const workspace = openWorkspace()
  try {
    const login = { username: 'acme', password: 'a password of the benchmark' }
    const engine = await startDockerd({ dir: workspace.folder('engine') })
    const registry = await startRegistry({ dir: workspace.folder('registry'), ...login })
    const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'rest')
    const { config: file } = await vm.start()
    await vm.deploy(await vm.push('1'))
    await vm.receiver().stop()
    const serving = (program: string): Words => [program, 'serve', '--config', file]
    const bare = join(workspace.dir, 'bare.sock')
    const candidates: Record<string, { words: Words; socket: string }> = {
      node: { words: [process.execPath, '-e', BARE, bare, `${bare}.db`], socket: bare },
    }
    const all = {
      bundle: await buildProgram(workspace.folder('built')),
      sources: join(ROOT, 'bin/deploy-receiver'),
      ...programs,
    }
    for (const [name, program] of Object.entries(all)) {
      candidates[name] = { words: serving(program), socket: vm.config.socket }
    }
    const env = { ...process.env, DOCKER_HOST: engine.host, REGISTRY_PASSWORD: login.password }
    // what Node compiled is kept by then
    for (const each of Object.values(candidates)) await measureOnce(each, { env, seconds: 0 })
    const figures: Record<string, AtRest> = {}
    for (let run = 0; run < runs; run++) {
      for (const [name, each] of Object.entries(candidates)) {
        const measured = await measureOnce(each, { env, seconds })
        const of = (figures[name] ??= none())
        for (const key of Object.keys(of) as (keyof AtRest)[]) of[key].push(measured[key])
      }
    }
    await vm.close()
    await engine.stop()
    return figures
  } finally {
    await workspace.close()
  }
}

const none = (): AtRest => ({
  startMs: [],
  startCpuMs: [],
  rssMiB: [],
  pssMiB: [],
  ownMiB: [],
  restCpuMs: [],
})

async function measureOnce(
  { words: [command, ...args], socket }: { words: Words; socket: string },
  { env, seconds }: { env: NodeJS.ProcessEnv; seconds: number },
): Promise<Record<keyof AtRest, number>> {
  const began = performance.now()
  const child = spawn(command, args, { env, stdio: 'ignore' })
  const exited = once(child, 'exit')
  try {
    while (!(await answers(socket))) {
      if (child.exitCode !== null) throw new Error(`${command} ended with ${child.exitCode}`)
      await pause(2)
    }
    const startMs = performance.now() - began
    const pid = child.pid ?? 0
    const startCpuMs = cpuMsOf(pid)
    await pause(seconds === 0 ? 0 : REST_MS)
    const mib = memoryOf(pid)
    const before = cpuMsOf(pid)
    await pause(seconds * 1000)
    return {
      startMs,
      startCpuMs,
      rssMiB: mib('Rss'),
      pssMiB: mib('Pss'),
      ownMiB: mib('Private_Dirty'),
      restCpuMs: cpuMsOf(pid) - before,
    }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

const answers = (socketPath: string) =>
  new Promise<boolean>((resolve) => {
    request({ socketPath, path: '/healthz', headers: { host: 'localhost' } }, (incoming) => {
      incoming.resume().once('end', () => resolve(incoming.statusCode === 200))
      incoming.once('error', () => resolve(false))
    })
      .once('error', () => resolve(false))
      .end()
  })

/** User and system, of all its threads. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [, , , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')')).split(' ')
  return (Number(user) + Number(system)) * MS_PER_TICK
}

/** In MiB, by the kernel's names. */
function memoryOf(pid: number): (name: string) => number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '60' },
      program: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const figures = await measureRest({
    runs: Number(values.runs),
    seconds: Number(values.seconds),
    ...(values.program === undefined ? {} : { programs: { [values.program]: values.program } }),
  })
  const names: Record<keyof AtRest, string> = {
    startMs: 'start until it answers (ms)',
    startCpuMs: 'processor time of that (ms)',
    rssMiB: 'RSS (MiB)',
    pssMiB: 'PSS (MiB)',
    ownMiB: 'memory of its own (MiB)',
    restCpuMs: `processor time of ${values.seconds} s at rest (ms)`,
  }
  table(
    ['', ...Object.keys(figures)],
    (Object.keys(names) as (keyof AtRest)[]).map((key) => [
      names[key],
      ...Object.values(figures).map((each) => median(each[key]).toFixed(0)),
    ]),
  )
}

if (import.meta.main) await main()
