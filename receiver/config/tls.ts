import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import type { CertificateSource } from '../core/site.ts'
import type { AcmeSettings } from '../core/certificates/acme.ts'
import type { Field, Reader } from './reader.ts'
import { keep } from './secrets.ts'
import { boolean, matching } from './values.ts'

const EMAIL = /^[^\s@,;<>"']{1,200}@[a-z0-9.-]{1,200}\.[a-z0-9-]{1,63}$/i
const DIRECTORY_URL = /^https:\/\/[^\s\\"'@]{1,500}$/
const KEY_ID = /^[\x21-\x7e]{1,500}$/
/** base64url, as CAs hand it out; some pad it. */
const HMAC_KEY = /^[A-Za-z0-9_-]{16,1000}={0,2}$/
/** What Nginx's files and Certbot's arguments take as it is. */
export const PATH = /^\/+[A-Za-z0-9._-][A-Za-z0-9._/-]*$/
export const A_PATH = 'an absolute path of letters, digits and . _ - /'

/** Reads `tls` of the receiver: from whom certificates are had, and for whom. */
export function readTls(reader: Reader, field: Field | undefined): AcmeSettings | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const keys = reader.mapping(field, ['email', 'server', 'staging', 'eab', 'directory'])
  const email = matching(reader, keys.get('email'), EMAIL, 'an e-mail address')
  if (email === undefined && reader.isNothing(keys.get('email'))) {
    reader.problem(
      keys.get('email') ?? field,
      'tls.email is missing',
      'name the address that the CA may write to, like ops@example.com',
    )
  }
  const server = matching(
    reader,
    keys.get('server'),
    DIRECTORY_URL,
    "the URL of a CA's ACME directory",
    "write it as the CA's documentation has it, like https://acme.zerossl.com/v2/DV90",
  )
  const staging = boolean(reader, keys.get('staging')) ?? false
  const at = keys.get('staging')
  if (staging && server !== undefined && at !== undefined) {
    reader.problem(
      at,
      "staging is Let's Encrypt's, and server names another CA",
      'take one of both out',
    )
  }
  const eab = readEab(reader, keys.get('eab'))
  const directory = matching(reader, keys.get('directory'), PATH, A_PATH)
  return {
    email: email ?? '',
    server: server ?? (staging ? STAGING : LETS_ENCRYPT),
    ...(staging ? { isTrial: true } : {}),
    ...(eab === undefined ? {} : { eab }),
    ...(directory === undefined ? {} : { directory: withoutTrailingSlash(directory) }),
  }
}

/** letsencrypt.org/docs/staging-environment */
const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory'
const LETS_ENCRYPT = 'https://acme-v02.api.letsencrypt.org/directory'

function readEab(reader: Reader, field: Field | undefined): AcmeSettings['eab'] {
  if (field === undefined || reader.isNothing(field)) return undefined
  const keys = reader.mapping(field, ['kid', 'hmac_key'])
  const [kidAt, keyAt] = [keys.get('kid'), keys.get('hmac_key')]
  const kid = matching(reader, kidAt, KEY_ID, 'the id of a key')
  const hmacKey = reader.text(keyAt)
  for (const [name, at, text] of [
    ['kid', kidAt, kid],
    ['hmac_key', keyAt, hmacKey],
  ] as const) {
    if (text !== undefined || !reader.isNothing(at)) continue
    reader.problem(at ?? field, `tls.eab.${name} is missing`, 'the CA gives both, once')
  }
  if (hmacKey !== undefined && keyAt !== undefined) {
    if (!HMAC_KEY.test(hmacKey)) {
      const hint = 'copy it as the CA gave it: letters, digits, - and _'
      reader.problem(keyAt, 'this is not a key in base64url', hint)
    } else keep(reader, keyAt, hmacKey)
  }
  return kid === undefined || hmacKey === undefined ? undefined : { kid, hmacKey }
}

/**
 * Reads `tls` of an app: files of its own, or none at all. What says nothing has a certificate of the CA's as soon as the receiver
 * has one to ask, and its domains are such that it can be asked.
 */
export function readAppTls(
  reader: Reader,
  field: Field | undefined,
  { names, acme }: { names: readonly (Field | undefined)[]; acme: boolean },
): CertificateSource | undefined {
  if (field !== undefined && reader.isMapping(field)) return readFiles(reader, field)
  const wished = boolean(reader, field)
  if (wished === false) return undefined
  if (field !== undefined && wished === true && !acme) {
    const hint = 'say who asks for certificates: tls: { email: ops@example.com } at the top'
    reader.problem(field, 'there is no CA to ask', hint)
  }
  const items = names.flatMap((each) => reader.list(each))
  if (!acme || items.length === 0) return undefined
  for (const item of items) {
    const name = reader.text(item) ?? ''
    if (!name.startsWith('*.')) continue
    reader.problem(
      item,
      `a certificate of ${name} cannot be had over HTTP: CAs want proof by DNS for all names below one`,
      'get it with Certbot and the plugin of your DNS provider (docs/https.md), and name its files: tls: { certificate: …, key: … }; or write tls: false',
    )
  }
  return { kind: 'acme' }
}

/** `{ certificate, key }`: files of the administrator's own. */
export function readFiles(reader: Reader, field: Field): CertificateSource | undefined {
  const keys = reader.mapping(field, ['certificate', 'key'])
  const read = (name: 'certificate' | 'key') => {
    const at = keys.get(name)
    if (reader.isNothing(at)) {
      reader.problem(at ?? field, `tls.${name} is missing`, 'name a PEM file by its absolute path')
    }
    return matching(reader, at, PATH, A_PATH)
  }
  const [certificate, key] = [read('certificate'), read('key')]
  if (certificate === undefined || key === undefined) return undefined
  for (const file of [certificate, key]) reader.noteFile(file)
  return { kind: 'files', certificate, key }
}
