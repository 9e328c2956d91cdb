import { randomBytes } from 'node:crypto'
import { parseVerifyingKey } from '../../../protocol/standard-webhooks.ts'
import type { Sender } from '../../core/intake/audit.ts'
import type { VerifyToken } from '../../core/intake/oidc-token.ts'
import type { ReadHeaders } from '../arrival.ts'
import { type AppCredentials, Rejected, type VerifySender } from './authentic.ts'
import { readBasic, verifyBasic } from './basic.ts'
import { readGithub, verifyGithub } from './github.ts'
import { readBearer, verifyBearer } from './oidc.ts'
import { readWebhook, verifyWebhook } from './webhook.ts'

/** A request whose credentials have the right shape and time; nothing of them is verified yet. */
export interface Claimed {
  kind: Sender['kind']
  verify: VerifySender
}

/**
 * Reads the one kind of credentials that a request carries: their shape, and the time where the headers have one. No
 * algorithm is taken from the request, and nothing of the body is read. Throws `Rejected`.
 */
export function readCredentials(
  headers: ReadHeaders,
  means: { nowSeconds: number; verifyToken: VerifyToken },
): Claimed {
  const shown = KINDS.filter(({ shows }) => shows(headers))
  const [only] = shown
  if (only === undefined) {
    throw new Rejected(
      headers.has('authorization')
        ? 'the Authorization header is neither Bearer nor Basic'
        : 'no credentials',
    )
  }
  if (shown.length > 1) {
    throw new Rejected(`${shown.map(({ kind }) => kind).join(' and ')} credentials at once`)
  }
  if (only.kind !== 'oidc' && only.kind !== 'basic' && headers.has('authorization')) {
    throw new Rejected(`${only.kind} credentials with an Authorization header`)
  }
  return { kind: only.kind, verify: only.read(headers, means) }
}

type Read = (headers: ReadHeaders, means: Parameters<typeof readCredentials>[1]) => VerifySender

/** Each kind of credentials: how it is told, and how it is read. */
const KINDS: readonly {
  kind: Sender['kind']
  shows: (headers: ReadHeaders) => boolean
  read: Read
}[] = [
  {
    kind: 'oidc',
    shows: (headers) => schemeOf(headers) === 'bearer',
    read: (headers, { verifyToken }) => {
      const token = readBearer(headers)
      return (body, app) => verifyBearer(token, body, app, verifyToken)
    },
  },
  {
    kind: 'basic',
    shows: (headers) => schemeOf(headers) === 'basic',
    read: (headers) => {
      const given = readBasic(headers)
      return (_body, app) => verifyBasic(given, app)
    },
  },
  {
    kind: 'webhook',
    shows: (headers) =>
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].some((name) => headers.has(name)),
    read: (headers, { nowSeconds }) => {
      const given = readWebhook(headers, nowSeconds)
      return (body, app) => verifyWebhook(given, body, app)
    },
  },
  {
    kind: 'github',
    shows: (headers) => headers.has('x-hub-signature-256'),
    read: (headers) => {
      const given = readGithub(headers)
      return (body, app) => verifyGithub(given, body, app)
    },
  },
]

const schemeOf = (headers: ReadHeaders) =>
  headers.get('authorization')?.split(' ', 1)[0]?.toLowerCase()

const unknowable = () => randomBytes(32).toString('base64')

/**
 * Checked for an app that does not exist, so that its refusal takes as long as that of one which does: each kind has a
 * key to compare with. Of OIDC there is none: no stranger makes the receiver fetch the keys of an issuer that no app names.
 */
export const DECOY: AppCredentials = {
  oidc: [],
  webhookKeys: [parseVerifyingKey(`whsec_${unknowable()}`)],
  basic: { tokens: [unknowable()], deploy: false },
  github: [unknowable()],
}
