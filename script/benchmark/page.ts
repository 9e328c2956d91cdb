import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDockerd } from '../../test/support/dockerd.ts'
import { askLocally } from '../../test/support/local.ts'
import { startRegistry } from '../../test/support/registry.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { get, type Got, type Way } from './page/get.ts'
import type { Seen, Viewers } from './page/viewers.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench page [--viewers 100] [--apps 20] [--rounds 10] [--only-deployments]

  The page beside what the local socket answers: first byte, by turns, and what each page weighs. Then deployments by turns: with
  nobody, with so many who look at an app of which nothing changes, and with so many who look at what is deployed; each has a stream of
  changes and fetches the page anew at each, as the page's script does. They are a process of their own on the same machine.`

const ROUNDS = 100
const SUBNET = '10.212.0.0/22'
const SETTINGS = { port: 8000, watch: '1s', drain: '0s', stop_grace_period: '0s' }

async function signIn(vm: Vm, admin: { host: string; port: number }): Promise<string> {
  const { text } = await askLocally(vm.config.socket, '/login-links?name=bench&role=operator', {
    body: '',
  })
  const { url } = JSON.parse(text) as { url: string }
  const origin = `http://${admin.host}:${admin.port}`
  const answer = await fetch(`${origin}/page/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({ link: url.split('/').at(-1) ?? '' }),
  })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

/** User and system time of a process so far (proc(5), /proc/pid/stat, fields 14 and 15, in ticks of 10 ms). */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function startViewers(who: Viewers) {
  const child = fork(join(import.meta.dirname, 'page/viewers.ts'))
  const answer = async (asked: Viewers | 'seen'): Promise<unknown> => {
    child.send(asked)
    const [said] = (await once(child, 'message')) as unknown[]
    return said
  }
  await answer(who)
  return {
    seen: async () => (await answer('seen')) as Seen,
    async leave() {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}

async function measure({
  apps: count,
  viewers,
  rounds,
  onlyDeployments,
}: {
  apps: number
  viewers: number
  rounds: number
  onlyDeployments: boolean
}): Promise<void> {
  const workspace = openWorkspace()
  try {
    const login = { username: 'acme', password: 'a password of the benchmark' }
    const engine = await startDockerd({ dir: workspace.folder('engine') })
    const registry = await startRegistry({ dir: workspace.folder('registry'), ...login })
    const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'page')
    const { api } = vm.config.apps
    vm.config['network'] = { name: 'page', subnet: SUBNET }
    const names = Array.from({ length: count }, (_, at) => `app-${at}`)
    vm.config.apps = Object.fromEntries(
      names.map((name) => [name, { ...api, ...SETTINGS, domains: [`${name}.test`] }]),
    )
    const digests = [await vm.push('1'), await vm.push('2')]
    let number = 0
    const deploy = async (app: string) => {
      const image = `${vm.repository}@${digests[number++ % 2]}`
      const { deployment } = await vm.hook({ image }, { app, wait: 300 })
      if (deployment.status !== 'succeeded') throw new Error(JSON.stringify(deployment))
      const { live_at: live = '', finished_at: end = '', created_at: from } = deployment
      return {
        id: deployment.id,
        liveMs: Date.parse(live) - Date.parse(from),
        ms: Date.parse(end) - Date.parse(from),
      }
    }
    await vm.start()
    for (const name of names) await deploy(name)
    const { id } = await deploy('app-0')

    const [host = '', port = ''] = String(vm.config['admin']).split(':')
    const admin = { host, port: Number(port) }
    const agent = () => new Agent({ keepAlive: true, maxSockets: 1 })
    const cookie = await signIn(vm, admin)
    const browser = (): Way => ({
      agent: agent(),
      place: admin,
      headers: { cookie, 'accept-encoding': 'gzip' },
    })
    const way = browser()
    const socket: Way = { agent: agent(), place: { socketPath: vm.config.socket }, headers: {} }

    const pairs = [
      ['/apps', '/page/apps'],
      ['/apps/app-0', '/page/apps/app-0'],
      [`/show/${id}`, `/page/deployments/${id}`],
    ] as const
    const rows: string[][] = []
    for (const [data, shown] of onlyDeployments ? [] : pairs) {
      const of: Record<'data' | 'shown', Got[]> = { data: [], shown: [] }
      for (let round = 0; round < ROUNDS; round++) {
        of.data.push(await get(socket, data))
        of.shown.push(await get(way, shown))
        await pause(50)
      }
      const ms = (all: readonly Got[]) => all.map(({ firstMs }) => firstMs)
      const plain = await get({ ...way, headers: { cookie } }, shown)
      const [one, other] = [median(ms(of.data)), median(ms(of.shown))]
      rows.push([
        shown.replace(id, 'ID'),
        one.toFixed(1),
        other.toFixed(1),
        (other - one).toFixed(1),
        percentile(ms(of.shown), 0.95).toFixed(1),
        ((of.shown.at(-1)?.bytes ?? 0) / 1024).toFixed(1),
        (plain.bytes / 1024).toFixed(1),
      ])
    }
    if (!onlyDeployments) {
      table(
        ['', 'socket (ms)', 'page (ms)', 'more (ms)', 'p95 (ms)', 'sent (KiB)', 'as text (KiB)'],
        rows,
      )
    }

    const pids = { receiver: vm.receiver().pid, engine: engine.pid }
    const spent = () => ({ receiver: cpuMs(pids.receiver), engine: cpuMs(pids.engine) })
    const measured = async (pages: Viewers['pages']) => {
      const looking =
        pages.length === 0 ? undefined : await startViewers({ ...admin, cookie, pages })
      // what their coming costs is over
      await pause(3000)
      const [before, seenBefore] = [spent(), await looking?.seen()]
      const { liveMs, ms } = await deploy('app-0')
      const [after, seen] = [spent(), await looking?.seen()]
      await looking?.leave()
      return {
        liveMs,
        ms,
        receiverMs: after.receiver - before.receiver,
        engineMs: after.engine - before.engine,
        viewersMs: (seen?.cpuMs ?? 0) - (seenBefore?.cpuMs ?? 0),
        fetched: (seen?.fetched ?? 0) - (seenBefore?.fetched ?? 0),
      }
    }
    const each = (pageOf: (at: number) => Viewers['pages'][number]) =>
      Array.from({ length: viewers }, (_, at) => pageOf(at))
    const ARMS = {
      alone: [],
      elsewhere: each(() => ({ path: '/page/apps/app-1', app: 'app-1' })),
      here: each((at) =>
        at % 2 === 0 ? { path: '/page/apps', app: '' } : { path: '/page/apps/app-0', app: 'app-0' },
      ),
    }
    type Arm = keyof typeof ARMS
    type Measured = Awaited<ReturnType<typeof measured>>
    const all: Record<Arm, Measured[]> = { alone: [], elsewhere: [], here: [] }
    for (let round = 0; round < rounds; round++) {
      for (const arm of Object.keys(ARMS) as Arm[]) all[arm].push(await measured(ARMS[arm]))
      process.stderr.write(`\r· ${round + 1} of ${rounds} rounds `)
    }
    process.stderr.write('\n')
    const row = (name: string, key: keyof Measured) => {
      const [alone = 0, elsewhere = 0, here = 0] = Object.values(all).map((of) =>
        median(of.map((one) => one[key])),
      )
      const ratio = (value: number) => (alone === 0 ? '' : (value / alone).toFixed(2))
      const shown = [alone, elsewhere, ratio(elsewhere), here, ratio(here)]
      return [name, ...shown.map((value) => (typeof value === 'string' ? value : value.toFixed(0)))]
    }
    table(
      ['', 'nobody looks', `${viewers} look elsewhere`, 'ratio', `${viewers} look at it`, 'ratio'],
      [
        row('hook to live (ms)', 'liveMs'),
        row('hook to its end, 1 s of watch in it (ms)', 'ms'),
        row('processor time of the receiver (ms)', 'receiverMs'),
        row('processor time of dockerd (ms)', 'engineMs'),
        row('processor time of those who look (ms)', 'viewersMs'),
        row('pages fetched', 'fetched'),
      ],
    )
    await vm.close()
    await engine.stop()
  } finally {
    await workspace.close()
  }
}

const percentile = (values: readonly number[], share: number) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0
const median = (values: readonly number[]) => percentile(values, 0.5)

const { values } = parseArgs({
  options: {
    apps: { type: 'string', default: '20' },
    viewers: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '10' },
    'only-deployments': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  await measure({
    apps: Number(values.apps),
    viewers: Number(values.viewers),
    rounds: Number(values.rounds),
    onlyDeployments: values['only-deployments'],
  })
}
