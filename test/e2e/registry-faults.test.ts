// @module-tag long
import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomFillSync } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { putImage } from '../support/put-image.ts'
import {
  answers,
  error,
  type Interfere,
  type RegistryProxy,
  startRegistryProxy,
} from '../support/registry-proxy.ts'
import { startVm, type Vm } from '../support/vm.ts'

const LAYER_BYTES = 1_000_000
const stack = inject('stack')
let proxy: RegistryProxy
let vm: Vm
let one: string
/** Never pulled: the engine keeps manifests that it once had. */
let fresh: string
let version = 0
/** What visitors get. */
let live = 'one\n'
/** Requests that something befell. */
let struck = 0

beforeAll(async () => {
  proxy = await startRegistryProxy(stack.registry.host)
  vm = await startVm({ ...stack, registry: { ...stack.registry, host: proxy.host } }, 'faults')
  const quick = { watch: '200ms', drain: '200ms', stop_grace_period: '0s' }
  Object.assign(vm.config.apps['api'] ?? {}, quick)
  one = await vm.push('one')
  await vm.start()
  expect(await vm.deploy(one)).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.close()
  await proxy.stop()
})
beforeEach(async () => {
  struck = 0
  version += 1
  // a layer large enough to be cut in the middle
  const files = { layer: randomFillSync(Buffer.alloc(LAYER_BYTES)) }
  fresh = await vm.push(`v${version}`, { files, held: false })
})
afterEach(() => proxy.interfere())

const oldServes = async () => expect((await vm.visit()).body).toBe(live)
const asks = (part: string) => (request: IncomingMessage) => request.url?.includes(part) === true
/** Only for what fits, and only so many times. */
const when = (
  fits: (request: IncomingMessage) => boolean,
  by: Interfere,
  times = Infinity,
): Interfere => {
  let left = times
  return (request, response) => {
    if (!fits(request) || left <= 0) return false
    left -= 1
    struck += 1
    return by(request, response)
  }
}

type Answer = readonly [string, Interfere, string, RegExp]
const ENDS = 'a registry that answers %s ends it with a reason, and the old version serves'
const OF_A_LOGIN: Answer = [
  '401',
  answers(401, error('UNAUTHORIZED', 'authentication required')),
  'registry_denied',
  /unauthorized|authentication required|no basic auth/,
]
const OF_A_LIMIT: Answer = [
  '429',
  answers(429, error('TOOMANYREQUESTS', 'You have reached your pull rate limit'), {
    'retry-after': '1',
  }),
  'registry_busy',
  /toomanyrequests|rate limit/i,
]
const OTHERS: Answer[] = [
  ['403', answers(403, error('DENIED', 'requested access is denied')), 'registry_denied', /denied/],
  [
    '404',
    when(asks('/manifests/'), answers(404, error('MANIFEST_UNKNOWN', 'manifest unknown'))),
    'image_missing',
    /manifest unknown|not found/,
  ],
  ['500', answers(500, error('UNKNOWN', 'boom')), 'registry_unreachable', /500|boom/],
]
test.for([OF_A_LOGIN, OF_A_LIMIT])(ENDS, ends)
test.for(OTHERS)(ENDS, { tags: 'long' }, ends)

async function ends([, by, code, says]: Answer): Promise<void> {
  proxy.interfere(by)
  const { status, error: reason } = await vm.deploy(fresh)
  expect(status).toBe('failed')
  expect(reason).toMatchObject({ code, hint: expect.any(String) })
  expect(reason?.message).toMatch(says)
  expect(reason?.message).toContain(fresh)
  await oldServes()
}

type Passing = readonly [string, Interfere]
const DELAYS = '%s delays it only'
test.for<Passing>([
  ['500 twice', when(asks('/manifests/'), answers(500, error('UNKNOWN', 'boom')), 2)],
  ['a layer that is cut in the middle', when(asks('/blobs/'), cutInTheMiddle, 1)],
])(DELAYS, delays)
test.for<Passing>([
  ['429 once', when(asks('/manifests/'), answers(429, error('TOOMANYREQUESTS', 'slow down')), 1)],
  ['a slow answer', slowly],
])(DELAYS, { tags: 'long' }, delays)

async function delays([, by]: Passing): Promise<void> {
  proxy.interfere(by)
  expect(await vm.deploy(fresh)).toMatchObject({ status: 'succeeded' })
  live = `v${version}\n`
  expect((await vm.visit()).body).toBe(live)
  expect(struck).toBeGreaterThan(0)
}

const OTHER = 'another %s than was asked for is refused'
test.for<Passing>([['layer', when(asks('/blobs/'), otherLayer)]])(OTHER, isRefused)
test.for<Passing>([['manifest', when(asks('/manifests/'), otherManifest)]])(
  OTHER,
  { tags: 'long' },
  isRefused,
)

async function isRefused([, by]: Passing): Promise<void> {
  proxy.interfere(by)
  const { status, error: reason } = await vm.deploy(fresh)
  expect(status).toBe('failed')
  expect(reason?.code).toBe('digest_mismatch')
  await oldServes()
}

test('a registry that names a time is left alone until then', async () => {
  const busy = answers(429, error('TOOMANYREQUESTS', 'slow down'), { 'retry-after': '4' })
  const asked: { at: number; refused: boolean }[] = []
  let isBusy = true
  proxy.interfere((request, response) => {
    asked.push({ at: performance.now(), refused: isBusy })
    return isBusy && when(() => true, busy)(request, response)
  })
  const image = `${vm.repository}@${fresh}`
  const { deployment } = await vm.hook({ image }, { wait: 0 })
  await vm.hear(deployment.id, 'again in 4 s')
  isBusy = false
  await vm.hear(deployment.id, '"type":"finished"')
  expect(await vm.read(`/deployments/${deployment.id}`)).toMatchObject({ status: 'succeeded' })
  live = `v${version}\n`
  // what Docker asks, and what we ask for the time that it does not tell
  expect(struck).toBeLessThanOrEqual(4)
  const next = asked.find(({ refused }) => !refused)
  const last = asked.findLast(({ refused }) => refused)
  // a timer never fires early: this holds on every machine
  expect((next?.at ?? 0) - (last?.at ?? 0)).toBeGreaterThan(3900)
})

test('an image that was built for other machines is refused, with what it was built for', async () => {
  const platforms = [
    { os: 'linux', architecture: 'riscv64' },
    { os: 'linux', architecture: 's390x' },
  ]
  const { repository } = vm
  const digest = await putImage({ repository, tag: 'other', platforms, login: stack.registry })
  const { deployment } = await vm.hook({ image: `${repository}:other` })
  expect(deployment).toMatchObject({ status: 'failed', image: { digest } })
  expect(deployment.error).toMatchObject({
    code: 'platform_missing',
    message: expect.stringMatching(
      /no matching manifest for linux\/\w+.*it was built for linux\/riscv64, linux\/s390x/,
    ),
  })
  await oldServes()
})

/** Lets it through after a while. */
async function slowly(): Promise<boolean> {
  struck += 1
  await pause(1000)
  return false
}

function cutInTheMiddle(_: IncomingMessage, response: ServerResponse): boolean {
  response.writeHead(200, { 'content-length': String(LAYER_BYTES) })
  response.write(Buffer.alloc(1000), () => response.destroy())
  return true
}

function otherManifest(request: IncomingMessage): boolean {
  request.url = request.url?.replace(fresh, one)
  return false
}

function otherLayer({ headers }: IncomingMessage, response: ServerResponse): boolean {
  if (headers.authorization === undefined) return false
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('something else')
  return true
}
