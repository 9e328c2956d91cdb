import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startDockerd } from '../../test/support/dockerd.ts'
import { buildProgram } from '../../test/support/built-program.ts'
import { startRegistry } from '../../test/support/registry.ts'
import { startVm } from '../../test/support/vm.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { ROOT } from '../package/making.ts'
import type { Figure, Part } from './part.ts'
import { processorTimeOf } from './processes.ts'

const RUNS = 10
const SECONDS = 60
const START_AIM_MS = 250
const MEMORY_AIM_MIB = 70

/** V8 collects twice more, of its own accord, some 8 s after the receiver gave back what its start took. */
const REST_MS = 20_000

/** What is measured of one program: a number of each run. */
interface AtRest {
  /** From its start to its first answer. */
  startMs: number[]
  startCpuMs: number[]
  /** After 20 s of rest. The RSS has pages of the program file, which others share and the kernel takes back. */
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

/** With one app that is live: until it answers, and at rest; as it ships, from its sources, and an empty server with an SQLite file. */
export const part: Part = {
  async measure({ times, say }) {
    const seconds = times(SECONDS)
    const all = await measureRest({ runs: times(RUNS), seconds, say })
    const figure = (title: string, unit: string, key: keyof AtRest, most?: number): Figure => ({
      title,
      unit,
      ways: Object.entries(all).map(([name, each]) => ({ name, values: each[key] })),
      ...(most === undefined ? {} : { aim: { way: EXECUTABLE, most } }),
    })
    return {
      figures: [
        figure('start until it answers', 'ms', 'startMs', START_AIM_MS),
        figure('processor time of a start', 'ms', 'startCpuMs'),
        figure('memory, with what it shares (RSS)', 'MiB', 'rssMiB', MEMORY_AIM_MIB),
        figure('memory of its own (private and dirty)', 'MiB', 'ownMiB'),
        figure(`processor time of ${seconds} s at rest`, 'ms', 'restCpuMs'),
      ],
      tables: [],
    }
  },
}
const EXECUTABLE = 'executable'
const BARE_NODE = 'bare Node'

/** In turns. Takes root, for an engine of its own. */
async function measureRest({
  runs,
  seconds,
  say,
}: {
  runs: number
  seconds: number
  say: (text: string) => void
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
    const served = { socket: vm.config.socket }
    say('building what ships')
    const candidates: Record<string, { words: Words; socket: string }> = {
      [EXECUTABLE]: { words: serving(await buildExecutable(workspace.folder('out'))), ...served },
      [BARE_NODE]: { words: [process.execPath, '-e', BARE, bare, `${bare}.db`], socket: bare },
      'npm package': {
        words: serving(await buildProgram(workspace.folder('built'))),
        ...served,
      },
      sources: { words: serving(join(ROOT, 'bin/deploy-receiver')), ...served },
    }
    const env = { ...process.env, DOCKER_HOST: engine.host, REGISTRY_PASSWORD: login.password }
    // what Node compiled is kept by then
    for (const each of Object.values(candidates)) await measureOnce(each, { env, seconds: 0 })
    const figures: Record<string, AtRest> = {}
    for (let run = 0; run < runs; run++) {
      for (const [name, each] of Object.entries(candidates)) {
        say(`${name}, run ${run + 1} of ${runs}`)
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

async function buildExecutable(out: string): Promise<string> {
  await promisify(execFile)(process.execPath, [join(ROOT, 'script/package/main.ts'), '--out', out])
  return join(out, `deploy-receiver-linux-${process.arch}`)
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
    const startCpuMs = processorTimeOf(pid)
    await pause(seconds === 0 ? 0 : REST_MS)
    const mib = rollupOf(pid)
    const before = processorTimeOf(pid)
    await pause(seconds * 1000)
    return {
      startMs,
      startCpuMs,
      rssMiB: mib('Rss'),
      pssMiB: mib('Pss'),
      ownMiB: mib('Private_Dirty'),
      restCpuMs: processorTimeOf(pid) - before,
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

/** In MiB, by the kernel's names. */
function rollupOf(pid: number): (name: string) => number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024
}
