import { withoutTrailingSlash } from '../../protocol/trailing-slash.ts'
import type { FleetMember } from '../core/fleet/fleet.ts'
import type { Field, Reader } from './reader.ts'
import { keep } from './secrets.ts'

/** More than one person looks after, and each is asked at once. */
const MOST = 100
/** As of a read token of one's own. */
const MIN_TOKEN_BYTES = 24

/** Reads `fleet:`: the other receivers, and with what they may be read. */
export function readFleet(reader: Reader, field: Field | undefined): FleetMember[] {
  const items = reader.list(field)
  if (items.length > MOST && field !== undefined) {
    reader.problem(field, `${items.length} receivers are more than ${MOST}`, 'name fewer')
  }
  const members: FleetMember[] = []
  for (const item of items.slice(0, MOST)) {
    const keys = reader.mapping(item, ['url', 'read_token'])
    const url = readUrl(reader, keys.get('url') ?? item)
    const token = readToken(reader, keys.get('read_token') ?? item)
    if (url === undefined || token === undefined) continue
    if (members.some((each) => each.url === url)) {
      reader.problem(keys.get('url') ?? item, `${url} is there twice`, 'name each receiver once')
    }
    members.push({ url, readToken: token })
  }
  return members
}

function readUrl(reader: Reader, at: Field): string | undefined {
  const text = reader.text(at)
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '') {
    if (url.protocol === 'http:' && !isNear(url.hostname)) {
      const message = `${url.host} is asked without TLS: whoever sits in between reads the token`
      reader.warning(at, message, 'write https://')
    }
    return withoutTrailingSlash(`${url.origin}${url.pathname}`)
  }
  if (!reader.isMapping(at)) {
    reader.problem(at, 'this is not the url of a receiver', URL_FORM)
  } else {
    reader.problem(at, 'url is missing', URL_FORM)
  }
  return undefined
}

const URL_FORM = 'write what it has as url: in its config, like https://deploy-2.example.com'
const isNear = (host: string) =>
  host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** The same one may be good for many, and for this receiver too. */
function readToken(reader: Reader, at: Field): string | undefined {
  const text = reader.isMapping(at) ? undefined : reader.text(at)
  if (text === undefined || Buffer.byteLength(text) < MIN_TOKEN_BYTES || /\s/.test(text)) {
    reader.problem(
      at,
      text === undefined ? 'read_token is missing' : 'this is not a read token',
      'write one of read_tokens: in that receiver’s config, by a variable: "${FLEET_TOKEN}"',
    )
    return undefined
  }
  keep(reader, at, text)
  return text
}
