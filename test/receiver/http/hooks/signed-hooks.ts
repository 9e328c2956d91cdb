import { createHash, createHmac } from 'node:crypto'
import { parseSigningKey, sign } from '../../../../protocol/standard-webhooks.ts'
import type { HttpWorld } from '../../../support/http-world.ts'

const HOST = { host: 'deploy.example.com' }
const JSON_TYPE = { 'content-type': 'application/json' }
let number = 0

export interface Sent {
  path?: string
  /** Added, or set instead; `undefined` leaves a header out. */
  headers?: Record<string, string | undefined>
  /** Client address behind the proxy. */
  from?: string
  /** The request target as it stands in the first line; the path of `path` by default. */
  target?: string
}

/** Posts raw bytes as Nginx hands them on. */
export async function post(
  world: HttpWorld,
  body: string | Uint8Array,
  { path = '/hooks/api', headers = {}, from = '192.0.2.7', target = path }: Sent = {},
): Promise<Response> {
  const all = { ...HOST, ...JSON_TYPE, 'x-forwarded-for': from, ...headers }
  return world.app.request(
    path,
    {
      method: 'POST',
      body: bytesOf(body) as Uint8Array<ArrayBuffer>,
      headers: Object.entries(all).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    },
    { incoming: { url: target, socket: { remoteAddress: '127.0.0.1' } } },
  )
}

export const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

export const github = (secret: string, body: string | Uint8Array, event = 'registry_package') => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(bytesOf(body)).digest('hex')}`,
  'x-github-event': event,
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
})

export function webhook(
  world: HttpWorld,
  body: string | Uint8Array,
  {
    key = world.secret,
    id = `msg_${number++}`,
    timestamp = world.nowSeconds(),
  }: { key?: string; id?: string; timestamp?: number } = {},
) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign({ key: parseSigningKey(key), id, timestamp, body: bytesOf(body) }),
  }
}

export async function bearer(
  world: HttpWorld,
  body: string | Uint8Array,
  claims: Record<string, unknown> = {},
  audience = audienceOf(body),
) {
  return { authorization: `Bearer ${await world.issuer.mint(claims, audience)}` }
}

export const audienceOf = (body: string | Uint8Array, app = 'api') =>
  `https://deploy.example.com/hooks/${app}#sha256=${createHash('sha256').update(bytesOf(body)).digest('hex')}`

/** A right one of each kind for the app `api`. */
export const KINDS = {
  oidc: bearer,
  webhook: async (world: HttpWorld, body: string | Uint8Array) => webhook(world, body),
  basic: async (world: HttpWorld) => basic('api', world.token),
  github: async (world: HttpWorld, body: string | Uint8Array) => github(world.githubSecret, body),
} satisfies Record<
  string,
  (world: HttpWorld, body: string | Uint8Array) => Promise<Record<string, string>>
>
export type Kind = keyof typeof KINDS

/** A payload of a GitHub registry_package event, as far as it is read. */
export const packageEvent = (
  url = 'ghcr.io/acme/api:latest',
  tag: string | undefined = url.slice(url.lastIndexOf(':') + 1),
  action = 'published',
) =>
  JSON.stringify({
    action,
    registry_package: {
      name: 'api',
      package_version: {
        package_url: url,
        container_metadata: { tag: { name: tag, digest: 'sha256:0' } },
      },
    },
  })

export const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body

export async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code
}
