import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startDockerd } from '../../test/support/dockerd.ts'
import { askLocally } from '../../test/support/local.ts'
import { startRegistry } from '../../test/support/registry.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench page [--viewers 100] [--apps 20]

  The page beside what the local socket answers: first byte, by turns, and what each page weighs. Then deployments by turns with
  nobody and with so many who look, each with a stream of changes who fetches the page anew at each, as the page's script does.`

const ROUNDS = 100
const DEPLOYMENTS = 10
const SUBNET = '10.212.0.0/22'
const SETTINGS = { port: 8000, watch: '1s', drain: '0s', stop_grace_period: '0s' }

interface Got {
  firstMs: number
  bytes: number
}

/** Where something is asked: by a connection that stays. */
interface Way {
  agent: Agent
  place: { host: string; port: number } | { socketPath: string }
  headers: Record<string, string>
}

const get = ({ agent, place, headers }: Way, path: string): Promise<Got> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const sent = request({ ...place, path, agent, headers })
    sent.once('error', reject)
    sent.once('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path} answered ${response.statusCode}`))
      const firstMs = performance.now() - began
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.byteLength))
      response.once('end', () => resolve({ firstMs, bytes }))
    })
    sent.end()
  })

/** Who looks at a page as a browser does; resolves when there is a stream. */
async function look(
  way: Way,
  { path, app, ended }: { path: string; app: string; ended: AbortSignal },
): Promise<void> {
  const open = Promise.withResolvers<void>()
  let [isFetching, again] = [false, false]
  const fetchPage = async () => {
    again = isFetching
    if (isFetching) return
    isFetching = true
    do {
      again = false
      await get(way, path)
    } while (again)
    isFetching = false
  }
  const stream = request({
    ...way.place,
    headers: way.headers,
    path: `/page/changes?app=${app}`,
    agent: false,
    signal: ended,
  })
  stream.on('error', open.reject)
  stream.once('response', (response) => {
    response.on('error', () => {})
    response.on('data', (chunk: Buffer) => {
      open.resolve()
      if (chunk.includes('changed')) fetchPage().catch(() => {})
    })
  })
  stream.end()
  await open.promise
}

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

async function measure({ apps: count, viewers }: { apps: number; viewers: number }): Promise<void> {
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
    const page = browser()
    const socket: Way = { agent: agent(), place: { socketPath: vm.config.socket }, headers: {} }

    const pairs = [
      ['/apps', '/page/apps'],
      ['/apps/app-0', '/page/apps/app-0'],
      [`/show/${id}`, `/page/deployments/${id}`],
    ] as const
    const rows: string[][] = []
    for (const [data, shown] of pairs) {
      const of: Record<'data' | 'shown', Got[]> = { data: [], shown: [] }
      for (let round = 0; round < ROUNDS; round++) {
        of.data.push(await get(socket, data))
        of.shown.push(await get(page, shown))
        await pause(50)
      }
      const ms = (all: readonly Got[]) => all.map(({ firstMs }) => firstMs)
      const plain = await get({ ...page, headers: { cookie } }, shown)
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
    table(
      ['', 'socket (ms)', 'page (ms)', 'more (ms)', 'p95 (ms)', 'sent (KiB)', 'as text (KiB)'],
      rows,
    )

    const times = { alone: [] as Deployed[], seen: [] as Deployed[] }
    type Deployed = Awaited<ReturnType<typeof deploy>>
    for (let round = 0; round < DEPLOYMENTS; round++) {
      times.alone.push(await deploy('app-0'))
      const ended = new AbortController()
      const half = (at: number) =>
        at % 2 === 0
          ? ({ path: '/page/apps', app: '' } as const)
          : ({ path: '/page/apps/app-0', app: 'app-0' } as const)
      const all = Array.from({ length: viewers }, (_, at) =>
        look(browser(), { ...half(at), ended: ended.signal }),
      )
      await Promise.all(all)
      times.seen.push(await deploy('app-0'))
      ended.abort()
      process.stderr.write(`\r· ${round + 1} of ${DEPLOYMENTS} rounds `)
    }
    process.stderr.write('\n')
    const row = (name: string, key: 'liveMs' | 'ms') => {
      const [alone, seen] = [times.alone, times.seen].map((all) =>
        median(all.map((each) => each[key])),
      )
      return [name, String(alone), String(seen), ((seen ?? 0) / (alone ?? 1)).toFixed(2)]
    }
    table(
      ['', 'nobody looks', `${viewers} look`, 'ratio'],
      [row('hook to live (ms)', 'liveMs'), row('hook to its end, 1 s of watch in it (ms)', 'ms')],
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
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else await measure({ apps: Number(values.apps), viewers: Number(values.viewers) })
