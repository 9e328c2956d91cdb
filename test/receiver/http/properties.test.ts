import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { close, listen } from '../../../receiver/http/listen.ts'
import { type HttpWorld, startHttpWorld } from '../../support/http-world.ts'
import { basic, bearer, github, webhook } from './hooks/signed-hooks.ts'

let world: HttpWorld
let server: Server
beforeAll(async () => {
  world = await startHttpWorld({ rateLimit: { burst: 1e9, perSecond: 1 } })
  server = await listen(world.app, { key: 'listen', host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await close(server)
  await world.stop()
})

interface Reply {
  status: number
  type: string | undefined
  body: string
}

function send(path: string, headers: Record<string, string>, body: Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    const outgoing = request(
      { host: '127.0.0.1', port, path, method: 'POST', headers },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.once('error', reject)
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            type: incoming.headers['content-type'],
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

/** Never a failure of the receiver's own; every refusal is a problem with a code. */
function expectSound({ status, type, body }: Reply): void {
  expect(status).toBeGreaterThanOrEqual(200)
  expect(status).toBeLessThan(500)
  if (status < 400) return
  expect(type).toBe('application/problem+json')
  expect((JSON.parse(body) as { status: number }).status).toBe(status)
}

const HOST = { host: 'deploy.example.com', 'content-type': 'application/json' }

/** What may stand in a header: visible ASCII, blanks, and bytes beyond. */
const headerText = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
  .map((text) => text.replaceAll('\u007f', ''))

const credentials = fc.dictionary(
  fc.constantFrom(
    'authorization',
    'webhook-id',
    'webhook-timestamp',
    'webhook-signature',
    'x-hub-signature-256',
    'x-github-event',
    'x-forwarded-for',
    'prefer',
    'content-type',
    'last-event-id',
  ),
  fc.oneof(
    headerText,
    fc.constantFrom('Bearer a.b.c', 'Basic YXBpOng=', 'v1,AAAA', `sha256=${'0'.repeat(64)}`, '0'),
    headerText.map((text) => `Bearer ${text}`),
    headerText.map((text) => `Basic ${Buffer.from(text).toString('base64')}`),
    headerText.map((text) => `v1,${text} v1a,${text}`),
  ),
)

const name = fc.constantFrom(
  'image',
  'rollback',
  'id',
  'source',
  'attestations',
  'action',
  'target',
  'request',
  'push_data',
  'repository',
  'detail',
  'detail-type',
  'registry_package',
  'package',
  'package_version',
  'package_url',
  'container_metadata',
  'tag',
  'name',
  '__proto__',
  'constructor',
  'toString',
)
const known = fc.constantFrom(
  'previous',
  'latest',
  'ghcr.io/acme/api',
  'ghcr.io/acme/api:latest',
  'push',
  'published',
  'aws.ecr',
  `sha256:${'1'.repeat(64)}`,
  '',
  'x'.repeat(300),
)
/** JSON that is often nearly a hook or a payload. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    known,
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fc.oneof(name, fc.string({ maxLength: 5 })), tie('value'), { maxKeys: 5 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value
const body = fc.oneof(
  json.map((value) => new TextEncoder().encode(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 300 }),
  fc.string().map((text) => new TextEncoder().encode(`{"image":${JSON.stringify(text)}}`)),
)

test('no headers and no body bring the receiver down, or make it fail', async () => {
  const path = fc.oneof(
    fc.constantFrom(
      '/hooks/api',
      '/hooks/nothing',
      '/docker/hook',
      '/hooks/%00',
      '/hooks/%E0%A4%A',
    ),
    fc.webPath().map((text) => `/${text.replace(/^\/+/, '')}`),
  )
  await fc.assert(
    fc.asyncProperty(path, credentials, body, async (where, headers, bytes) => {
      expectSound(await send(where, { ...HOST, ...headers }, bytes))
    }),
    { numRuns: 1500 },
  )
  expect((await world.app.request('/healthz')).status).toBe(200)
})

test('no authentic body makes it fail, whatever it says', async () => {
  const kind = fc.constantFrom('oidc', 'webhook', 'basic', 'github', 'deploy' as const)
  await fc.assert(
    fc.asyncProperty(
      kind,
      body,
      fc.constantFrom('package', 'registry_package', 'ping', 'x'),
      async (by, bytes, event) => {
        const headers = {
          oidc: () => bearer(world, bytes),
          webhook: () => webhook(world, bytes),
          basic: () => basic('api', world.token),
          github: () => github(world.githubSecret, bytes, event),
          deploy: () => basic('web', world.deployToken),
        }[by]
        const path = by === 'deploy' ? '/hooks/web' : '/hooks/api'
        const reply = await send(path, { ...HOST, ...(await headers()) }, bytes)
        expectSound(reply)
        expect(reply.status).not.toBe(401)
      },
    ),
    { numRuns: 1500 },
  )
})

test('without a right signature nothing is ever accepted', async () => {
  const before = world.store.list('api', { limit: 200 }).length
  await fc.assert(
    fc.asyncProperty(credentials, body, async (headers, bytes) => {
      const { status } = await send('/hooks/api', { ...HOST, ...headers }, bytes)
      expect([400, 401, 413]).toContain(status)
    }),
    { numRuns: 500 },
  )
  expect(world.store.list('api', { limit: 200 })).toHaveLength(before)
})
