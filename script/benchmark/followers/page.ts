import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { askLocally } from '../../../test/support/local.ts'
import type { Vm } from '../../../test/support/vm.ts'
import type { Asked, Figure } from '../part.ts'
import { processorTimeOf } from '../processes.ts'
import { pushVersion, type Rig } from '../rig.ts'
import { get, type Way } from './get.ts'
import type { Viewers } from './viewers.ts'

const APPS = 20
const VIEWERS = 100
const LOOKS = 100
const ROUNDS = 8
const SETTINGS = { watch: '1s', drain: '0s', stop_grace_period: '0s' }
/** What their coming costs is over by then. */
const COMING_MS = 3000

/** The page beside what the local socket answers, then deployments while nobody looks, or many do. */
export async function lookAtPage(rig: Rig, asked: Asked): Promise<Figure[]> {
  const { vm } = rig
  const names = Array.from({ length: APPS }, (_, at) => `app-${at}`)
  for (const name of names) rig.app(name, SETTINGS)
  delete vm.config.apps['api']
  await vm.start()
  const digests = [await pushVersion(rig, '1'), await pushVersion(rig, '2')]
  let number = 0
  const deploy = (app: string) =>
    rig.deploy({ image: `${vm.repository}@${digests[number++ % 2]}` }, app)
  for (const name of names) await deploy(name)
  const { id } = await deploy('app-0')
  const [host = '', port = ''] = String(vm.config['admin']).split(':')
  const admin = { host, port: Number(port) }
  const browser = { admin, cookie: await signIn(vm, admin) }
  return [
    ...(await firstBytes({ vm, browser, asked, id })),
    ...(await whileTheyLook({ vm, browser, asked, deploy: () => deploy('app-0') })),
  ]
}

interface Browser {
  admin: { host: string; port: number }
  cookie: string
}

async function signIn(vm: Vm, admin: Browser['admin']): Promise<string> {
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

/** In turns, over connections that stay. */
async function firstBytes({
  vm,
  browser: { admin, cookie },
  asked,
  id,
}: {
  vm: Vm
  browser: Browser
  asked: Asked
  id: string
}): Promise<Figure[]> {
  const agent = () => new Agent({ keepAlive: true, maxSockets: 1 })
  const socket: Way = { agent: agent(), place: { socketPath: vm.config.socket }, headers: {} }
  const headers = { cookie, 'accept-encoding': 'gzip' }
  const browser: Way = { agent: agent(), place: admin, headers }
  const pairs = [
    ['/apps', '/page/apps'],
    ['/apps/app-0', '/page/apps/app-0'],
    [`/show/${id}`, `/page/deployments/${id}`],
  ] as const
  const figures: Figure[] = []
  for (const [data, shown] of pairs) {
    const title = shown.replace(id, 'ID')
    const ways = [
      { name: 'page', values: [] as number[] },
      { name: 'the same by the local socket', values: [] as number[] },
    ] as const
    const looks = asked.times(LOOKS)
    for (let look = 0; look <= looks; look++) {
      asked.say(`${title}, ${look} of ${looks}`)
      const [plain, page] = [await get(socket, data), await get(browser, shown)]
      // the first one warms up
      if (look > 0) {
        ways[0].values.push(page.firstMs)
        ways[1].values.push(plain.firstMs)
      }
      await pause(50)
    }
    figures.push({ title: `first byte of ${title}`, unit: 'ms', ways: [...ways] })
  }
  return figures
}

/** Each has a stream of changes and fetches the page anew at each, as the page's script does. */
async function whileTheyLook({
  vm,
  browser: { admin, cookie },
  asked,
  deploy,
}: {
  vm: Vm
  browser: Browser
  asked: Asked
  deploy: () => ReturnType<Rig['deploy']>
}): Promise<Figure[]> {
  const each = (pageOf: (at: number) => Viewers['pages'][number]) =>
    Array.from({ length: VIEWERS }, (_, at) => pageOf(at))
  const arms = [
    {
      name: `${VIEWERS} look at it`,
      pages: each((at) =>
        at % 2 === 0 ? { path: '/page/apps', app: '' } : { path: '/page/apps/app-0', app: 'app-0' },
      ),
    },
    { name: 'nobody looks', pages: [] },
    {
      name: `${VIEWERS} look elsewhere`,
      pages: each(() => ({ path: '/page/apps/app-1', app: 'app-1' })),
    },
  ].map((arm) => ({ ...arm, liveMs: [] as number[], receiverMs: [] as number[] }))
  const rounds = asked.times(ROUNDS)
  for (let round = 0; round < rounds; round++) {
    asked.say(`${VIEWERS} look, ${round} of ${rounds}`)
    for (const { pages, liveMs, receiverMs } of arms) {
      const leave = await startViewers({ ...admin, cookie, pages })
      await pause(COMING_MS)
      const before = processorTimeOf(vm.receiver().pid)
      const { live_at: live = '', created_at: from } = await deploy()
      receiverMs.push(processorTimeOf(vm.receiver().pid) - before)
      liveMs.push(Date.parse(live) - Date.parse(from))
      await leave()
    }
  }
  return [
    {
      title: 'hook to live',
      unit: 'ms',
      ways: arms.map(({ name, liveMs }) => ({ name, values: liveMs })),
    },
    {
      title: 'processor time of the receiver for a deployment',
      unit: 'ms',
      ways: arms.map(({ name, receiverMs }) => ({ name, values: receiverMs })),
    },
  ]
}

/** Resolves once all are there, to what has them go. */
async function startViewers(viewers: Viewers): Promise<() => Promise<void>> {
  const child = fork(join(import.meta.dirname, 'viewers.ts'))
  // where nobody is to look it ends by itself
  const gone = once(child, 'exit')
  child.send(viewers)
  await once(child, 'message')
  return async () => {
    child.kill()
    await gone
  }
}
