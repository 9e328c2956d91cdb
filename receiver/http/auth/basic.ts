import type { ReadHeaders } from '../arrival.ts'
import { type Authentic, type BasicCredentials, Rejected } from './authentic.ts'
import { fingerprint, isSame } from './constant-time.ts'

const MAX_CHARACTERS = 1024

/** User name and password of an `Authorization: Basic` header (RFC 7617). Throws `Rejected`. */
export function readBasic(headers: ReadHeaders): { user: string; password: string } {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1]
  if (encoded === undefined || encoded.length > MAX_CHARACTERS) {
    throw new Rejected('the Authorization header is not `Basic` and base64')
  }
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64') !== encoded) throw new Rejected('its base64 is not canonical')
  const text = bytes.toString()
  const at = text.indexOf(':')
  if (at === -1) throw new Rejected('there is no colon between user name and password')
  return { user: text.slice(0, at), password: text.slice(at + 1) }
}

/** The app as user name, also with App Service's leading `$`, and one of its tokens. Throws `Rejected`. */
export function verifyBasic(
  { user, password }: { user: string; password: string },
  { name, credentials }: { name: string; credentials: { basic: BasicCredentials } },
): Authentic {
  const { tokens, deploy } = credentials.basic
  if (tokens.length === 0) throw new Rejected('the app accepts no credentials by Basic')
  let found: string | undefined
  for (const token of tokens) if (isSame(password, token)) found = token
  if (appOfUser(user) !== name) throw new Rejected('the user name is not that of the app')
  if (found === undefined) throw new Rejected('the password is not a token of the app')
  return {
    sender: { kind: 'basic', key: fingerprint(found) },
    says: 'both',
    mayDeploy: deploy,
  }
}

/** The app that a user name stands for: App Service's publishing users begin with `$`. */
export const appOfUser = (user: string): string => user.replace(/^\$/, '')

/** The app that a request's user name stands for; none, for credentials of another kind. */
export function appOfHeaders(headers: ReadHeaders): string {
  try {
    return appOfUser(readBasic(headers).user)
  } catch (error) {
    if (error instanceof Rejected) return ''
    throw error
  }
}
