import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { startVm, type Vm } from '../support/vm.ts'

// Whoever holds the weakest credential, and images that are made to hurt: others are served meanwhile, memory stays flat,
// and a receiver that is killed in the middle of it brings every deployment to its end.
const TOKEN = 'a-token-that-may-only-redeploy'
/** What the receiver may have more at its most: what it was given would fill much more. */
const FLAT_BYTES = 120_000_000
const DOTS = 'a.'.repeat(30_000)
const sh = (script: string) => ['/bin/busybox', 'sh', '-c', script.replaceAll('$', '$$$$')]
/** Answers whoever probes with a switch of protocols, and keeps the connection. */
const SWITCHING =
  'printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n"; /bin/busybox sleep 600'
/** 10 MB a second in one line, for a minute. */
const ENDLESS =
  'i=0; while [ $i -lt 600 ]; do /bin/busybox head -c 1000000 /dev/zero | /bin/busybox tr "\\000" x; /bin/busybox usleep 100000; i=$((i+1)); done'

let vm: Vm
let good: string
let long: string

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'hostile')
  const { api = {} } = vm.config.apps
  const health = { path: '/healthz', deadline: '5s' }
  vm.config.apps = {
    api: { ...api, auth: { basic: { token: TOKEN } } },
    other: { ...api, domains: ['other.test'] },
    switching: {
      ...api,
      domains: ['switching.test'],
      health: { ...health, timeout: '500ms' },
      command: ['/bin/busybox', 'nc', '-ll', '-p', '8000', '-e', ...sh(SWITCHING)],
    },
    endless: {
      ...api,
      domains: ['endless.test'],
      release: { command: sh(ENDLESS), timeout: '20s' },
    },
  }
  good = await vm.push('good')
  // a user's name of 60 KB, which Docker says is not known
  long = await vm.push('long', { dockerfile: `USER ${DOTS}` })
  await vm.start()
  await vm.hook({ image: `${vm.repository}@${good}` }, { app: 'other' })
})
afterAll(() => vm.close())

/** The most memory that the receiver has had. */
const peakBytes = () => {
  const status = readFileSync(`/proc/${vm.receiver().pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}
let before: number
beforeEach(() => {
  before = peakBytes()
})
const order = (app: string, digest = good) =>
  vm
    .hook({ image: `${vm.repository}@${digest}` }, { app, wait: 0 })
    .then(({ deployment }) => deployment)
const ended = async ({ id }: Deployment): Promise<Deployment> => {
  await vm.hear(id, '"type":"finished"')
  return (await vm.read(`/deployments/${id}`)) as Deployment
}
/** A whole deployment of another app, from hook to end. */
const deployOther = async () =>
  (await vm.hook({ image: `${vm.repository}@${good}` }, { app: 'other' })).deployment.status

/** A push as Azure's registry tells of it, at a host of that length, sent with the token. */
const tellOfPush = () =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const body = JSON.stringify({
      action: 'push',
      target: { repository: 'x/y', tag: 'latest' },
      request: { host: DOTS },
    })
    const [host, port] = vm.config.listen.split(':')
    const outgoing = request(
      {
        host,
        port,
        method: 'POST',
        path: '/hooks/api',
        auth: `api:${TOKEN}`,
        headers: { host: 'deploy.example.com', 'content-type': 'application/json' },
      },
      (incoming) => {
        textOf(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

describe('others are served, and it ends, when', () => {
  test('a token that may only redeploy sends payloads with a host of 60 KB', async ({ expect }) => {
    const told = Array.from({ length: 20 }, tellOfPush)
    expect(await deployOther()).toBe('succeeded')
    for (const { status, text } of await Promise.all(told)) {
      expect(status).toBe(200)
      expect(text).toContain('"ignored"')
      expect(text.length).toBeLessThan(2000)
    }
    expect(peakBytes() - before).toBeLessThan(FLAT_BYTES)
  })

  test('an image names a user of 60 KB, also over a restart', async ({ expect }) => {
    const { status, error } = await ended(await order('api', long))
    expect(status).toBe('failed')
    expect(error?.message.length).toBeLessThan(3000)
    vm.receiver().kill('SIGKILL')
    await vm.start()
    expect(await deployOther()).toBe('succeeded')
  })

  test('a health probe is answered with a switch of protocols, also over a restart', async ({
    expect,
  }) => {
    const deployment = await order('switching')
    await vm.hear(deployment.id, '"step":"health"')
    expect(await deployOther()).toBe('succeeded')
    vm.receiver().kill('SIGKILL')
    await vm.start()
    expect(await ended(deployment)).toMatchObject({
      status: 'failed',
      error: { code: 'unhealthy', message: expect.stringContaining('101') },
    })
    // the next one of the same app has its turn
    expect(await ended(await order('switching'))).toMatchObject({ status: 'failed' })
  })

  test('a release command writes without end, and without the end of a line', async ({
    expect,
  }) => {
    const deployment = await order('endless')
    await vm.hear(deployment.id, '"step":"release"')
    expect(await deployOther()).toBe('succeeded')
    expect(peakBytes() - before).toBeLessThan(FLAT_BYTES)
    vm.receiver().kill('SIGKILL')
    await vm.start()
    before = peakBytes()
    expect(await deployOther()).toBe('succeeded')
    const { status, error } = await ended(deployment)
    expect(status).toBe('failed')
    expect(error).toMatchObject({
      code: 'release_failed',
      message: expect.stringContaining('ran for more than 20 s'),
    })
    expect(peakBytes() - before).toBeLessThan(FLAT_BYTES)
  })
})
