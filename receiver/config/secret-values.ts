import { parseAddress, parseNetwork } from '../core/ip-address.ts'

/** `DB_PASSWORD`, `API_KEY_2`, `X-Auth-Token`, `SECRET_KEY_BASE`: the last word says it. */
const SUFFIX = '(?:[_-]?(?:[0-9]{1,3}|base|b64|base64|hex|raw|value|current|previous|old|new))?$'
const SECRET_NAME = new RegExp(
  `(?:pass(?:word|wd|phrase)|secret|secret[_-]?key|token|credentials?|(?:api|access|private|encryption|signing|master|license)[_-]?key|authorization|(?<!by|com|sur|tres)pass|(?:^|[_-])(?:pw|pwd|pin))${SUFFIX}`,
  'i',
)
/** `SESSION_COOKIE=sid`, `SORT_KEY=name`, `MAILER_DSN=smtp://mail:25`: as often a plain word, or where something is. */
const PERHAPS_SECRET_NAME = new RegExp(
  `(?:^|[_-])(?:(?<!public[_-])key|auth|salt|dsn|cookie)${SUFFIX}`,
  'i',
)

/** Shorter ones are words and numbers, which stand everywhere, unless their name says otherwise. */
const MIN_CHARACTERS = 8
const MIN_RANDOM_CHARACTERS = 16

/**
 * Whether a value that a container gets must not be seen: because of its name, because it came from outside of the config's
 * text, or because it looks random. Addresses, hosts, ports, numbers, images and plain URLs say where things are, and stand
 * in every log.
 */
export function isSecret({
  name,
  value,
  fromOutside,
}: {
  name: string
  value: string
  /** From a variable or an `env_file`, as secrets do. */
  fromOutside: boolean
}): boolean {
  if (value === '' || isPlain(value)) return false
  if (isPlainlySecret({ name, value })) return true
  if (value.length < MIN_CHARACTERS || isPlace(value)) return false
  return fromOutside || [value, ...partsOf(value)].some(looksRandom)
}

/** Whether it is a secret for everybody who sees it: by its name, or by a password within it. */
export function isPlainlySecret({ name, value }: { name: string; value: string }): boolean {
  if (value === '' || isPlain(value)) return false
  if (SECRET_NAME.test(name) || credentialsIn(value).length > 0) return true
  const isWordOrPlace = /^[a-z_ -]+$/i.test(value) || isPlace(value) || value.startsWith('/')
  return PERHAPS_SECRET_NAME.test(name) && value.length >= MIN_CHARACTERS && !isWordOrPlace
}

/** Passwords within a value: of URLs, and of connection strings (`Server=db;Password=…`). */
export function credentialsIn(value: string): string[] {
  const logins = [...value.matchAll(/(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/([^\s/]*)@/gi)].map(
    ([, login = '']) => {
      const colon = login.indexOf(':')
      if (colon !== -1) return login.slice(colon + 1)
      // a name alone is no secret, a token is
      return login.length < MIN_RANDOM_CHARACTERS ? '' : login
    },
  )
  const pairs = [
    ...value.matchAll(
      /(?<![a-z])(?:password|passwd|pwd|secret|token|accountkey|sharedaccesskey|api_?key|sig) {0,8}= {0,8}("[^"]*"|'[^']*'|[^;&\s]+)/gi,
    ),
  ].map(([, found = '']) => found.replace(/^["']|["']$/g, ''))
  return [...new Set([...logins, ...pairs].flatMap((each) => [each, decoded(each)]))].filter(
    (each) => each !== '',
  )
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Never a secret, whatever its name: a number of less than eight digits, a size, an address. */
function isPlain(value: string): boolean {
  return (
    /^(?:true|false|yes|no|on|off|null|none|\d{1,7}|\d{1,7}(?:\.\d{1,7})?(?:[bkmgts]|[kmg]b|ms|h|d))$/i.test(
      value,
    ) || isAddressAndPort(value)
  )
}

const isAddressAndPort = (value: string): boolean =>
  parseNetwork(value) !== undefined ||
  isAddress(/^\[([^\]]*)\](?::\d{1,5})?$/.exec(value)?.[1] ?? '') ||
  isAddress(/^([\d.]{7,15}):\d{1,5}$/.exec(value)?.[1] ?? '')

const isAddress = (text: string) => parseAddress(text) !== undefined

/** Where something is: a number, a host, an image, a URL without a secret in it. */
function isPlace(value: string): boolean {
  if (/^-?\d[\d_,.]*$/.test(value) || /^sha256:[0-9a-f]{64}$/.test(value)) return true
  const bare = value.replace(/@sha256:[0-9a-f]{64}$/, '')
  const [, , host = '', path = ''] =
    /^([a-z][a-z0-9+.-]{0,30}:\/\/)?([a-z0-9.-]+(?::\d{1,5})?)((?:\/[\w.@:/-]*)?)$/.exec(
      bare.replace(/^([a-z][a-z0-9+.-]{0,30}:\/\/)[\w.-]{1,15}@/, '$1'),
    ) ?? []
  const [name = ''] = host.split(':')
  const isHost = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})$/.test(name)
  const isNamed = isHost || isAddress(name) || host.includes(':') || value.includes('://')
  return host !== '' && isNamed && ![...name.split('.'), ...partsOf(path)].some(looksRandom)
}

const partsOf = (value: string) => value.split(/[\s/:@?=&;,]/)

/** Letters of both cases and digits mixed as no word mixes them. */
function looksRandom(value: string): boolean {
  const text = value.replace(/[-_=+/.~]/g, '')
  if (text.length < MIN_RANDOM_CHARACTERS || !/^[A-Za-z0-9]+$/.test(text) || !/\d/.test(text)) {
    return false
  }
  const kinds = Array.from(text, kindOf)
  const changes = kinds.filter((kind, at) => at > 0 && kind !== kinds[at - 1]).length
  return changes >= text.length * 0.25
}

const kindOf = (character: string) =>
  /\d/.test(character) ? 'digit' : /[a-z]/.test(character) ? 'lower' : 'upper'
