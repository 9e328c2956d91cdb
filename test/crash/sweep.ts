import { DatabaseSync } from 'node:sqlite'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Docker from 'dockerode'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { allTheWhile } from '../support/all-the-while.ts'
import { createSlots } from '../../receiver/edges/slots.ts'
import { ask } from '../support/ask.ts'
import type { Stack } from '../support/global-setup.ts'
import { type ImageConfig, pushTiny } from '../support/tiny-image.ts'
import { waitFor } from '../support/processes.ts'
import { reserveSubnet } from '../support/ports.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { type DiskFault, isDiskFault, strikeDisk } from './disk-faults.ts'
import { type EngineProxy, type Fault, startEngineProxy } from './engine-proxy.ts'
import { standingPreview } from './previews.ts'
import { openShop } from './shop.ts'
import type { Scenario } from './scenarios.ts'

const FRESH_APPS = 50
const SENDS = 200
/** An engine's answer that is cut is given up after a minute; the rest is for a machine that is busy. */
const FINAL_MS = 300_000

export interface Point {
  scenario: Scenario
  fault: Fault | DiskFault
  /** The n-th request to the engine after the hook, or call to the kernel, of those that the fault fits. */
  at: number
}

export interface Outcome {
  /** The request or call that the fault befell; none when the deployment made fewer, or none that it fits. */
  struck: string | undefined
  status: string
  violations: string[]
}

/** A receiver whose way to the engine can be disturbed. */
export interface Bench {
  /** Whether there is an app of this kind left to strike. */
  hasRoom(scenario: Scenario): boolean
  run(point: Point): Promise<Outcome>
  /** Stops the receiver, and says what is wrong with its store. */
  close(): Promise<string[]>
}

export async function startBench(stack: Stack, name: string): Promise<Bench> {
  const engine = stack.dockerHost.slice('unix://'.length)
  const docker = new Docker({ socketPath: engine })
  const socket = join(stack.dir, `${name}.sock`)
  const proxy = await startEngineProxy(engine, socket)
  const vm = await startVm({ ...stack, dockerHost: `unix://${socket}` }, name)
  const apart = await reserveSubnet()
  Object.assign(vm.config['network'] as object, { previews: apart.subnet })
  const { api = {} } = vm.config.apps
  const shop = openShop(vm.dir, vm.repository, name)
  const quick = {
    ...api,
    // a port that only the image names takes a reload of Nginx, which no visitor should meet here
    port: 8000,
    health: { path: '/healthz', deadline: '5s', interval: '100ms' },
    stop_grace_period: '0s',
    watch: '300ms',
    drain: '200ms',
  }
  const named = (app: string, more = {}) => [app, { ...quick, domains: [`${app}.test`], ...more }]
  vm.config.apps = Object.fromEntries([
    named('standing', {
      previews: { domain: 'preview.test', basic_auth: false, volumes: ['/data'] },
    }),
    named('alone', { strategy: 'recreate' }),
    named('warm', { warm: '1h' }),
    named('twins', { replicas: 2 }),
    named('keeping'),
    named('shop', { compose: { file: shop.file, service: 'web' } }),
    ...Array.from({ length: FRESH_APPS }, (_, index) => named(`fresh-${index}`)),
  ]) as typeof vm.config.apps
  const push = (
    version: string,
    { broken = false, config = {} }: { broken?: boolean; config?: ImageConfig } = {},
  ) =>
    pushTiny({
      host: stack.dockerHost,
      image: `${vm.repository}:${version}`,
      version,
      broken,
      config,
      login: stack.registry,
    })
  const [one, two] = [await push('1'), await push('2')]
  const broken = await push('3', { broken: true })
  // nothing but previews has it
  const ofPreviews = await pushTiny({
    image: `${vm.repository}:6`,
    version: '6',
    login: stack.registry,
  })
  const [keepingOne, keepingTwo] = [
    await push('4', { config: keeping('4') }),
    await push('5', { config: keeping('5') }),
  ]
  const pairOf = (app: string) => (app === 'keeping' ? [keepingOne, keepingTwo] : [one, two])
  await pushTiny({
    host: stack.dockerHost,
    image: `${vm.repository}-db:1`,
    version: 'database',
    login: stack.registry,
  })
  await docker.getImage(`${vm.repository}:3`).remove()
  await vm.start()
  const standing = new Set<string>()
  /** An app that is not fresh has had both versions, and the first one is live. */
  const stand = async (app: string) => {
    if (standing.has(app)) return
    standing.add(app)
    for (const digest of pairOf(app).toReversed()) {
      const { deployment } = await vm.hook({ image: `${vm.repository}@${digest}` }, { app })
      if (deployment.status !== 'succeeded')
        throw new Error(`${app}: ${JSON.stringify(deployment)}`)
    }
  }

  let [fresh, previews] = [0, 0]
  return {
    hasRoom: ({ app }) => app !== 'fresh' || fresh < FRESH_APPS,
    async run(point) {
      const { app: kind } = point.scenario
      if (kind === 'preview') {
        await stand('standing')
        const pair = { digest: ofPreviews, nth: previews++ }
        return strikePreviews({ vm, docker, proxy, point, pair })
      }
      const app = kind === 'fresh' ? `fresh-${fresh++}` : kind
      if (kind !== 'fresh') await stand(app)
      // nothing runs it, so that it is pulled each time
      await docker
        .getImage(`${vm.repository}@${broken}`)
        .remove()
        .catch(() => {})
      // so that Compose has to start it each time
      if (app === 'shop') await shop.removeDatabase(docker)
      const live = await liveOf(vm, app)
      const other = pairOf(app).find((digest) => digest !== live) ?? ''
      const digests = { live: live ?? '', other, broken }
      const body = {
        ...point.scenario.body(digests, vm.repository),
        id: randomBytes(9).toString('hex'),
      }
      return strike({ vm, docker, proxy, point, app, body })
    },
    async close() {
      await vm.receiver().stop()
      const database = new DatabaseSync(join(vm.config['data'] as string, 'deploy-receiver.db'))
      const { integrity_check: integrity } = database.prepare('PRAGMA integrity_check').get() as {
        integrity_check: string
      }
      database.close()
      await vm.close()
      await shop.close(docker)
      await proxy.stop()
      await apart.release()
      return integrity === 'ok' ? [] : [`the store: ${integrity}`]
    },
  }
}

/** One deployment with one fault: what became of it, and what it broke that must not break. */
async function strike({
  vm,
  docker,
  proxy,
  point: { scenario, fault, at },
  app,
  body,
}: {
  vm: Vm
  docker: Docker
  proxy: EngineProxy
  point: Point
  app: string
  body: object
}): Promise<Outcome> {
  const violations: string[] = []
  const before = await liveOf(vm, app)
  const data = await dataOf(vm, app)
  const visits = visitAllTheWhile(vm, app, scenario)
  const disturbance = await disturb({ vm, proxy }, { fault, at })
  const { startLive } = disturbance
  const send = () => vm.hook(body, { app, wait: 0 })
  const accepted = await sendUntilTaken(send, startLive)
  let deployment: Deployment | undefined
  const end = performance.now() + FINAL_MS
  while (performance.now() < end) {
    await startLive()
    deployment = (await vm.read(`/deployments/${accepted.id}`).catch(() => undefined)) as
      Deployment | undefined
    if (deployment !== undefined && isFinal(deployment.status)) break
    await pause(20)
  }
  const struck = disturbance.struck()
  await disturbance.stop()
  await startLive()
  const status = deployment?.status ?? 'unknown'
  if (deployment === undefined || !isFinal(deployment.status)) {
    violations.push(
      `the deployment is ${status} after ${FINAL_MS / 1000} s: ${JSON.stringify(deployment?.steps.at(-1))}`,
    )
    // others must not wait for it
    vm.receiver().kill('SIGKILL')
    await vm.receiver().exited
    await vm.start()
  }

  const again = await send()
  if (again.deployment.id !== accepted.id)
    violations.push('the hook sent again made another deployment')

  // what a failure left over is put right at the next look
  await waitFor(async () => (await mess(vm, docker, app)).length === 0, {
    what: 'a mess',
    everyMs: 100,
  }).catch(() => {})
  violations.push(...(await mess(vm, docker, app)))
  const live = await liveOf(vm, app)
  const left = await dataOf(vm, app)
  if (!left.startsWith(data)) violations.push(`data is lost: ${data} became ${left}`)
  if (status === 'failed' && live !== before) violations.push(`failed, but ${String(live)} is live`)
  violations.push(...(await visits.stop()))
  return { struck, status, violations }
}

/** A preview that goes and another one that comes, with one fault, while the app itself is visited. */
async function strikePreviews({
  vm,
  docker,
  proxy,
  point: { scenario, fault, at },
  pair,
}: {
  vm: Vm
  docker: Docker
  proxy: EngineProxy
  point: Point
  pair: { digest: string; nth: number }
}): Promise<Outcome> {
  const previews = await standingPreview({ vm, docker }, pair)
  const visits = visitAllTheWhile(vm, 'standing', scenario)
  const disturbance = await disturb({ vm, proxy }, { fault, at })
  await previews.begin(disturbance.startLive)
  const { status, violations } = await previews.end(disturbance.startLive)
  const struck = disturbance.struck()
  await disturbance.stop()
  await disturbance.startLive()
  return { struck, status, violations: [...violations, ...(await visits.stop())] }
}

/** Has the fault befall what comes next. */
async function disturb(
  { vm, proxy }: { vm: Vm; proxy: EngineProxy },
  { fault, at }: Pick<Point, 'fault' | 'at'>,
) {
  let killed = false
  const startLive = async () => {
    if (!killed) return
    killed = false
    await vm.receiver().exited
    await vm.start()
  }
  if (isDiskFault(fault)) {
    const { pid, exited } = vm.receiver()
    void exited.then(() => (killed = true))
    const file = join(vm.dir, 'strace.out')
    return { ...(await strikeDisk({ pid, fault, at, file })), startLive }
  }
  proxy.arm({
    at,
    fault,
    kill() {
      killed = true
      vm.receiver().kill('SIGKILL')
    },
  })
  return { struck: proxy.struck, stop: async () => proxy.arm(), startLive }
}

/** An image whose containers add a line to a VOLUME when they start, where visitors can read it. */
const keeping = (version: string): ImageConfig => ({
  Volumes: { '/www/data': {} },
  Cmd: [
    '/bin/busybox',
    'sh',
    '-c',
    `echo ${version} >>/www/data/log; exec /bin/busybox httpd -f -p 8000 -h /www`,
  ],
})

/** What such an app has kept, on one line. */
async function dataOf(vm: Vm, app: string): Promise<string> {
  if (app !== 'keeping') return ''
  const { status, body } = await ask(
    { port: vm.sites, domain: `${app}.test` },
    { path: '/data/log' },
  )
  return status === 200 ? body.replaceAll('\n', ' ') : `status ${status}`
}

/** A sender that got no answer, or an error, sends the same again. */
async function sendUntilTaken(
  send: () => Promise<{ deployment?: Deployment }>,
  startLive: () => Promise<void>,
): Promise<Deployment> {
  for (let tries = 0; ; tries++) {
    const answer = await send().catch(() => undefined)
    if (answer?.deployment !== undefined) return answer.deployment
    if (tries >= SENDS) throw new Error('the hook was not taken')
    // a process that was killed is gone a moment later
    await pause(300)
    await startLive()
  }
}

/** What stands and should not, or should and does not. */
async function mess(vm: Vm, docker: Docker, app: string): Promise<string[]> {
  const found: string[] = []
  const live = await liveOf(vm, app)
  const all = await docker.listContainers({ all: true })
  const ours = all.filter(
    ({ Labels }) =>
      Labels['deploy-receiver.network'] === (vm.config['network'] as { name: string }).name &&
      Labels['deploy-receiver.app'] === app,
  )
  const standing = ours
    .map(({ Labels, State }) => `${Labels['deploy-receiver.digest']} ${State}`)
    // what was replaced may stay there, warm or kept
    .filter((each) => app !== 'warm' || each.startsWith(String(live)))
    .toSorted((a, b) => a.localeCompare(b))
  // of a project the worker stands beside the web service, the seed is done, and of a migration nothing is left
  const replicas = app === 'twins' || app === 'shop' ? 2 : 1
  const running = Array<string>(replicas).fill(`${live} running`)
  const done = app === 'shop' ? [`${live} exited`] : []
  const expected = live === undefined ? [] : [...done, ...running]
  if (standing.join() !== expected.join()) {
    found.push(
      `containers: ${standing.join(', ') || 'none'}; expected: ${expected.join() || 'none'}`,
    )
  }
  const { status, body } = await ask({ port: vm.sites, domain: `${app}.test` }).catch(
    (error: unknown) => ({
      status: 0,
      body: String(error),
    }),
  )
  const served = live === undefined ? status === 503 : status === 200
  if (!served) found.push(`a visitor gets ${status} ${body.slice(0, 60)}`)
  const slots = createSlots(String(vm.config['data']))
  const straight = Object.entries(slots.flags(app).straight).flatMap(([slot, file]) =>
    existsSync(file) ? slot : [],
  )
  const slot = slots.live(app)
  if (straight.join() !== (slot ?? '')) {
    found.push(`straight to ${straight.join() || 'neither slot'}, and live is ${slot}`)
  }
  return found
}

/** Visits the app over and over; tells of every failed visit, unless visitors may be asked to wait. */
function visitAllTheWhile(vm: Vm, app: string, { pauses }: Scenario) {
  const failures: string[] = []
  const visits = allTheWhile(async () => {
    try {
      const { status } = await ask({ port: vm.sites, domain: `${app}.test` })
      if (status !== 200 && !pauses) failures.push(`a visit got ${status}`)
    } catch (error) {
      failures.push(`a visit failed: ${String(error)}`)
    }
  })
  return {
    async stop() {
      await visits.stop()
      return [...new Set(failures)].map((text) => `${text} (${failures.length} in all)`)
    },
  }
}

async function liveOf(vm: Vm, app: string): Promise<string | undefined> {
  const { live } = (await vm.read(`/apps/${app}`)) as {
    live: Deployment | null
  }
  return live?.image.digest
}
