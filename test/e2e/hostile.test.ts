import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/** Answers whatever it is asked with JSON that never ends, as fast as it is taken. */
function startEndlessIssuer(): Promise<{ server: Server; url: string; sentBytes: () => number }> {
  let sent = 0
  const piece = Buffer.from(` "key": "${'k'.repeat(60_000)}",`)
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const send = () => {
      while (!response.destroyed) {
        sent += piece.length
        if (!response.write(piece)) return void response.once('drain', send)
      }
    }
    response.write('{')
    send()
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ server, url: `http://127.0.0.1:${port}`, sentBytes: () => sent })
    }),
  )
}

let issuer: Awaited<ReturnType<typeof startEndlessIssuer>>
let vm: Vm
let good: string
let long: string

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'hostile')
  issuer = await startEndlessIssuer()
  const { api = {} } = vm.config.apps
  const health = { path: '/healthz', deadline: '5s' }
  vm.config.apps = {
    api: { ...api, auth: { basic: { token: TOKEN }, oidc: { issuer: issuer.url, sub: 'me' } } },
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
  long = await vm.push('long', { config: { User: DOTS } })
  await vm.start()
  await vm.hook({ image: `${vm.repository}@${good}` }, { app: 'other' })
})
afterAll(async () => {
  issuer.server.closeAllConnections()
  issuer.server.close()
  await vm.close()
})

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

/** Posts a hook at the public address. */
const post = (body: string, authorization: string) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const [host, port] = vm.config.listen.split(':')
    const headers = {
      host: 'deploy.example.com',
      'content-type': 'application/json',
      authorization,
    }
    const outgoing = request(
      { host, port, method: 'POST', path: '/hooks/api', headers },
      (incoming) => {
        textOf(incoming).then((text) => resolve({ status: incoming.statusCode ?? 0, text }), reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })

/** A push as Azure's registry tells of it, at a host of 60 KB. */
const tellOfPush = () =>
  post(
    JSON.stringify({
      action: 'push',
      target: { repository: 'x/y', tag: 'latest' },
      request: { host: DOTS },
    }),
    `Basic ${Buffer.from(`api:${TOKEN}`).toString('base64')}`,
  )

/** A token that nobody signed, of the issuer whose keys are then asked for. */
function bearToken() {
  const now = Math.floor(Date.now() / 1000)
  const sha256 = createHash('sha256').update('{}').digest('hex')
  const aud = `https://deploy.example.com/hooks/api#sha256=${sha256}`
  const claims = { iss: issuer.url, sub: 'me', aud, iat: now, exp: now + 300, jti: randomUUID() }
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: 'x' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return post('{}', `Bearer ${parts.join('.')}.${'A'.repeat(342)}`)
}

// hangs.test.ts has a case of a switch of protocols, and of a command that prints, without a restart
const LONG = { tags: 'long' }

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

  test('an issuer answers without end', async ({ expect }) => {
    const asked = Array.from({ length: 5 }, bearToken)
    expect(await deployOther()).toBe('succeeded')
    for (const { status } of await Promise.all(asked)) expect(status).toBe(503)
    // what it may send until the connection is closed lies in buffers
    expect(issuer.sentBytes()).toBeGreaterThan(0)
    expect(issuer.sentBytes()).toBeLessThan(50_000_000)
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

  test(
    'a health probe is answered with a switch of protocols, also over a restart',
    LONG,
    async ({ expect }) => {
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
    },
  )

  test(
    'a release command writes without end, and without the end of a line',
    LONG,
    async ({ expect }) => {
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
    },
  )
})
