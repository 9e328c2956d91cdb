import { KeyError, parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import type { AppAuth, OidcRule } from './config.ts'
import type { Field, Reader } from './reader.ts'
import { pinOf } from './pins.ts'
import { keep, own, type SecretOwners, secretTexts } from './secrets.ts'
import { boolean, emptyRecord, texts } from './values.ts'

const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
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
  const claims = emptyRecord<string[]>()
  for (const [name, each] of entries) {
    if (name === 'issuer') continue
    const patterns = texts(reader, each)
    if (patterns.length === 0 || patterns.includes('')) {
      reader.problem(each, 'an allowed value is empty', 'a claim needs a value, or a list of them')
    }
    claims[name] = patterns
  }
  const { isPinned, remedy } = pinOf(issuer, claims)
  if (!isPinned) {
    reader.problem(
      field,
      issuer === GITHUB_ISSUER
        ? 'neither repository_id nor repository is pinned: every repository on GitHub could deploy'
        : `no claim says who: everybody whom ${issuer} knows could deploy`,
      issuer === GITHUB_ISSUER
        ? 'add repository_id (gh api repos/OWNER/NAME --jq .id); sub is not a pin: its form varies'
        : remedy,
    )
  }
  return { issuer, claims }
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
