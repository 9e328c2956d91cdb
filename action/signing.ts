import { createHash } from 'node:crypto'
import { parseSigningKey, sign } from '../protocol/standard-webhooks.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import { idToken, requireIdToken } from './id-token.ts'
import { hide } from './log.ts'

/** Makes the headers that prove one request; called afresh for each try. */
export type Authorize = (
  body: Uint8Array,
  id: string,
  signal: AbortSignal,
) => Promise<Record<string, string>>

/**
 * How a hook is signed: user and password of its URL, else the secret, else GitHub's OIDC token.
 * @throws ActionError `bad_input` for a secret that is no signing key, `no_id_token` when GitHub gives no token.
 */
export const chooseSigning = (target: HookTarget, secret: string): Authorize => {
  if (target.basic !== undefined) return withBasic(target.basic)
  if (secret !== '') return withStandardWebhooks(secret)
  return withOidc(target.url)
}

function withBasic({ username, password }: { username: string; password: string }): Authorize {
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  hide(password, credentials)
  return async () => ({ authorization: `Basic ${credentials}` })
}

function withStandardWebhooks(secret: string): Authorize {
  const key = readKey(secret)
  return async (body, id) => {
    const timestamp = Math.floor(Date.now() / 1000)
    return {
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign({ key, id, timestamp, body }),
    }
  }
}

function readKey(secret: string) {
  try {
    return parseSigningKey(secret)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ActionError('bad_input', `input secret: it is not a signing key: ${why}`, {
      hint: 'Give a whsk_… (Ed25519) or whsec_… (HMAC) key whole, or leave secret out to sign with GitHub’s OIDC token.',
      cause,
    })
  }
}

/** A receiver takes a token once, for one app and one body, so that each try has a token of its own. */
function withOidc(url: string): Authorize {
  const purpose = `sign the hook ${url}`
  requireIdToken(purpose)
  return async (body, _, signal) => {
    const hash = createHash('sha256').update(body).digest('hex')
    return { authorization: `Bearer ${await idToken(`${url}#sha256=${hash}`, purpose, signal)}` }
  }
}
