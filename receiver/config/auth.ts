import { KeyError, parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import type { AppAuth, OidcRule } from './config.ts'
import { misfitOf, REPOSITORY_ID_HINT, unknownClaim } from './github-claims.ts'
import type { Field, Reader } from './reader.ts'
import { pinOf } from './pins.ts'
import { keep, own, type SecretOwners, secretTexts } from './secrets.ts'
import { boolean, emptyRecord } from './values.ts'

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Reads `auth:` of an app. Never shows a value: these are secrets. */
export function readAuth(reader: Reader, field: Field | undefined, owners: SecretOwners): AppAuth {
  const keys = reader.mapping(field, ['oidc', 'keys', 'secrets', 'basic', 'github'])
  return {
    oidc: reader.list(keys.get('oidc')).flatMap((rule) => readRule(reader, rule) ?? []),
    keys: webhookKeys(reader, keys.get('keys'), 'whpk_', owners),
    secrets: webhookKeys(reader, keys.get('secrets'), 'whsec_', owners),
    basic: readBasic(reader, keys.get('basic'), owners),
    github: readGithub(reader, keys.get('github'), owners),
  }
}

function readBasic(
  reader: Reader,
  field: Field | undefined,
  owners: SecretOwners,
): AppAuth['basic'] {
  const keys = reader.mapping(field, ['token', 'deploy'])
  const tokens = secretTexts(reader, keys.get('token'), owners)
  missing(reader, field, keys.get('token'), 'token')
  return { tokens, deploy: boolean(reader, keys.get('deploy')) ?? false }
}

function readGithub(reader: Reader, field: Field | undefined, owners: SecretOwners): string[] {
  const keys = reader.mapping(field, ['secret'])
  missing(reader, field, keys.get('secret'), 'secret')
  return secretTexts(reader, keys.get('secret'), owners)
}

function missing(
  reader: Reader,
  parent: Field | undefined,
  field: Field | undefined,
  name: string,
): void {
  if (parent === undefined || !reader.isNothing(field) || !reader.isMapping(parent)) return
  reader.problem(parent, `${name} is missing`, 'openssl rand -hex 24 makes one')
}

function readRule(reader: Reader, field: Field): OidcRule | undefined {
  const entries = reader.mapping(field)
  if (!reader.isMapping(field) && !reader.isNothing(field)) return undefined
  const issuer = readIssuer(reader, entries.get('issuer'))
  const isGithub = issuer === GITHUB_ISSUER
  const claims = emptyRecord<string[]>()
  const misfits = new Set<string>()
  for (const [name, each] of entries) {
    if (name === 'issuer') continue
    const values = allowedValues(reader, each)
    claims[name] = values.map(({ pattern }) => pattern)
    if (isGithub && hasMisfits(reader, { name, at: each, values })) misfits.add(name)
  }
  const { isPinned, remedy } = pinOf(issuer, claims)
  // a pin that is written wrong was meant to be one
  if (!isPinned && !misfits.has('repository_id') && !misfits.has('repository')) {
    reader.problem(
      field,
      isGithub
        ? 'neither repository_id nor repository is pinned: every repository on GitHub could deploy'
        : `no claim says who: everybody whom ${issuer} knows could deploy`,
      isGithub
        ? `add repository_id (${REPOSITORY_ID_HINT}); sub is not a pin: its form varies`
        : remedy,
    )
  }
  return { issuer, claims }
}

interface AllowedValue {
  at: Field
  pattern: string
}

function allowedValues(reader: Reader, field: Field): AllowedValue[] {
  const values = reader.list(field).flatMap((at) => {
    const pattern = reader.text(at)
    return pattern === undefined ? [] : { at, pattern }
  })
  if (values.length === 0 || values.some(({ pattern }) => pattern === '')) {
    reader.problem(field, 'an allowed value is empty', 'a claim needs a value, or a list of them')
  }
  return values
}

/** Whether some value fits no token of GitHub; says which, and that GitHub is not known to have such a claim. */
function hasMisfits(
  reader: Reader,
  { name, at: field, values }: { name: string; at: Field; values: readonly AllowedValue[] },
): boolean {
  const unknown = unknownClaim(name)
  if (unknown !== undefined) reader.warning(field, unknown.message, unknown.hint)
  const misfits = values.flatMap(({ at, pattern }) => {
    const misfit = pattern === '' ? undefined : misfitOf(name, pattern)
    return misfit === undefined ? [] : { at, misfit }
  })
  for (const { at, misfit } of misfits) reader.problem(at, misfit.message, misfit.hint)
  return misfits.length > 0
}

function readIssuer(reader: Reader, field: Field | undefined): string {
  const text = reader.text(field)
  if (text === undefined || field === undefined) return GITHUB_ISSUER
  const url = URL.canParse(text) ? new URL(text) : undefined
  const allowed =
    url !== undefined &&
    (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname))) &&
    url.search === '' &&
    url.hash === ''
  if (!allowed) {
    reader.problem(
      field,
      `${JSON.stringify(text)} is not an issuer`,
      "write its https URL, as in the tokens' iss",
    )
  }
  return text
}

function webhookKeys(
  reader: Reader,
  field: Field | undefined,
  prefix: string,
  owners: SecretOwners,
): string[] {
  return reader.list(field).flatMap((item) => {
    const text = reader.text(item)
    if (text === undefined) {
      if (reader.isNothing(item)) {
        reader.problem(item, 'this key is empty', `remove it, or give a ${prefix}… key`)
      }
      return []
    }
    try {
      if (!text.startsWith(prefix)) throw new KeyError(`it does not begin with ${prefix}`)
      parseVerifyingKey(text)
      own(reader, item, text, owners)
      if (prefix === 'whsec_') keep(reader, item, bytesOf(text))
      return [text]
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      reader.problem(item, `this key cannot be used: ${error.message}`)
      return []
    }
  })
}

/** What a `whsec_…` stands for, a character for each byte: words are words in base64, too. */
const bytesOf = (secret: string) =>
  Buffer.from(secret.replace(/^whsec_/, ''), 'base64').toString('latin1')
