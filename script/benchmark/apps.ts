import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDockerd } from '../../test/support/dockerd.ts'
import { startRegistry } from '../../test/support/registry.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench apps [--apps 200]

  One receiver with so many apps, each with a live container, against one with a single app: time to start, memory, and the
  time from a hook to live.`

const AT_ONCE = 8
const STARTS = 3
const DEPLOYMENTS = 9
/** As many addresses as 251 apps need; nobody else uses it here. */
const SUBNET = '10.212.0.0/22'
const SETTINGS = { port: 8000, watch: '0s', drain: '0s', stop_grace_period: '0s' }

interface Figures {
  startMs: number
  memoryMiB: number
  cpuPercent: number
  liveMs: number
}

async function measure(count: number): Promise<Figures> {
  const workspace = openWorkspace()
  try {
    const login = { username: 'acme', password: 'a password of the benchmark' }
    const engine = await startDockerd({ dir: workspace.folder('engine') })
    const registry = await startRegistry({ dir: workspace.folder('registry'), ...login })
    const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'many')
    const { api } = vm.config.apps
    vm.config['network'] = { name: 'many', subnet: SUBNET }
    const names = Array.from({ length: count }, (_, at) => `app-${at}`)
    vm.config.apps = Object.fromEntries(
      names.map((name) => [name, { ...api, ...SETTINGS, domains: [`${name}.test`] }]),
    )
    const digests = [await vm.push('1'), await vm.push('2')]
    const deploy = async (app: string, number: number) => {
      const image = `${vm.repository}@${digests[number % 2]}`
      const { deployment } = await vm.hook({ image }, { app, wait: 300 })
      if (deployment.status !== 'succeeded') throw new Error(JSON.stringify(deployment))
      return Date.parse(deployment.live_at ?? '') - Date.parse(deployment.created_at)
    }
    await vm.start()
    const queue = [...names]
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let app = queue.pop(); app !== undefined; app = queue.pop()) {
          await deploy(app, 0)
          process.stderr.write(`\r· ${count - queue.length} of ${count} apps are live `)
        }
      }),
    )
    process.stderr.write('\n')
    const starts: number[] = []
    for (let start = 0; start < STARTS; start++) {
      await vm.receiver().stop()
      const began = performance.now()
      await vm.start()
      starts.push(performance.now() - began)
    }
    // what it does at its start is over
    await pause(10_000)
    const cpuPercent = await idleLoad(vm)
    const lives: number[] = []
    for (let number = 1; number <= DEPLOYMENTS; number++) lives.push(await deploy('app-0', number))
    const figures = {
      startMs: median(starts),
      memoryMiB: statusOf(vm, 'VmRSS') / 1024,
      cpuPercent,
      liveMs: median(lives),
    }
    await vm.close()
    await engine.stop()
    return figures
  } finally {
    await workspace.close()
  }
}

/** Kilobytes. */
const statusOf = (vm: Vm, name: string) => {
  const status = readFileSync(`/proc/${vm.receiver().pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
}

const IDLE_SECONDS = 10
const TICKS_A_SECOND = 100

/** Share of one core while nothing happens. */
async function idleLoad(vm: Vm): Promise<number> {
  const ticks = () => {
    const stat = readFileSync(`/proc/${vm.receiver().pid}/stat`, 'utf8')
    const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')')).split(' ')
    return Number(user) + Number(system)
  }
  const before = ticks()
  await pause(IDLE_SECONDS * 1000)
  return ((ticks() - before) / TICKS_A_SECOND / IDLE_SECONDS) * 100
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '200' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  const [one, many] = [await measure(1), await measure(Number(values.apps))]
  const row = (name: string, key: keyof Figures, digits = 0) => [
    name,
    one[key].toFixed(digits),
    many[key].toFixed(digits),
    one[key] === 0 ? '–' : (many[key] / one[key]).toFixed(2),
  ]
  table(
    ['', '1 app', `${values.apps} apps`, 'ratio'],
    [
      row('start until it answers (ms)', 'startMs'),
      row('memory (MiB)', 'memoryMiB'),
      row('idle, of one core (%)', 'cpuPercent', 1),
      row('hook to live (ms)', 'liveMs'),
    ],
  )
}
