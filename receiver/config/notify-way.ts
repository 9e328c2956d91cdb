import { KeyError, parseSigningKey } from '../../protocol/standard-webhooks.ts'
import type { Way } from '../core/notify/target.ts'
import type { Field, Reader } from './reader.ts'
import { keep, own, type SecretOwners } from './secrets.ts'
import { boolean, matching, port } from './values.ts'

/** What a target can be, by its key. */
export const WAYS = ['slack', 'discord', 'teams', 'webhook', 'email'] as const
/** With a name before it or without. */
const MAILBOX = String.raw`[^\s@<>,;"]{1,64}@[a-z0-9.-]{1,190}`
const ADDRESS = new RegExp(
  String.raw`^(?:[\x20!#-;=?-~\u00a0-\uffff]{1,100} <${MAILBOX}>|${MAILBOX})$`,
  'i',
)
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,45})$/i

interface WayOptions {
  kind: (typeof WAYS)[number]
  allowsPrivate: boolean
  owners: SecretOwners
}

/** Reads where a target is, and what it takes to write there. */
export function readWay(reader: Reader, field: Field, options: WayOptions): Way {
  switch (options.kind) {
    case 'slack':
    case 'discord':
    case 'teams':
      return { kind: options.kind, url: readUrl(reader, field, options) }
    case 'webhook':
      return readWebhook(reader, field, options)
    case 'email':
      return readEmail(reader, field)
  }
}

/** Never shows it: whoever knows the address of a channel may write there. */
function readUrl(reader: Reader, field: Field, { kind, allowsPrivate }: WayOptions): string {
  const text = reader.text(field) ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url !== undefined && url.username === '' && url.password === '' && !/\s/.test(text)
  if (!isPlain || !/^https?:$/.test(url.protocol)) {
    if (reader.isMapping(field) || reader.isList(field)) return ''
    const hint = `write the address that ${MAKERS[kind]} gives, like https://…, best as \${A_VARIABLE}`
    reader.problem(
      field,
      `this is not the address of a ${kind === 'webhook' ? '' : `${kind} `}webhook`,
      hint,
    )
    return ''
  }
  if (url.protocol === 'http:' && !allowsPrivate) {
    reader.problem(
      field,
      'the news, and the address itself, would go over the net in the clear',
      'write https://, or allow_private: true for one on this machine or its network',
    )
  }
  if (kind !== 'webhook') keep(reader, field, text)
  return text
}

const MAKERS: Readonly<Record<(typeof WAYS)[number], string>> = {
  slack: 'Slack',
  discord: 'Discord',
  teams: 'Workflows',
  webhook: 'the service',
  email: '',
}

function readWebhook(reader: Reader, field: Field, options: WayOptions): Way {
  const keys = reader.mapping(field, ['url', 'secret'])
  const urlAt = keys.get('url')
  const url = urlAt === undefined ? missing(reader, field, 'url') : readUrl(reader, urlAt, options)
  const at = keys.get('secret')
  const secret = reader.text(at) ?? ''
  if (at === undefined || secret === '') missing(reader, at ?? field, 'secret', SECRET)
  else {
    try {
      if (!/^whs(?:ec|k)_/.test(secret))
        throw new KeyError('it begins with neither whsec_ nor whsk_')
      parseSigningKey(secret)
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      reader.problem(at, error.message, SECRET)
    }
    own(reader, at, secret, options.owners)
    keep(reader, at, secret)
  }
  return { kind: 'webhook', url, secret }
}

const SECRET = `printf 'whsec_%s\\n' "$(openssl rand -base64 32)" makes one, which the other side gets too`

const TLS_PORT = 465
const SUBMISSION_PORT = 587

function readEmail(reader: Reader, field: Field): Way {
  const keys = reader.mapping(field, ['to', 'from', 'host', 'port', 'user', 'password', 'tls'])
  const address = (at: Field | undefined) => matching(reader, at, ADDRESS, 'an e-mail address')
  const to = reader.list(keys.get('to')).flatMap((item) => address(item) ?? [])
  if (reader.isNothing(keys.get('to'))) missing(reader, keys.get('to') ?? field, 'to')
  const from = address(keys.get('from'))
  if (reader.isNothing(keys.get('from'))) missing(reader, keys.get('from') ?? field, 'from')
  const host = matching(reader, keys.get('host'), HOST, 'a host', 'write it like smtp.example.com')
  if (reader.isNothing(keys.get('host'))) missing(reader, keys.get('host') ?? field, 'host')
  const tlsAt = keys.get('tls')
  const isPlain = boolean(reader, tlsAt) === false
  const number = port(reader, keys.get('port')) ?? (isPlain ? 25 : SUBMISSION_PORT)
  const login = readLogin(reader, keys, field)
  if (isPlain && login !== undefined && tlsAt !== undefined) {
    reader.problem(tlsAt, 'the password would go over the net in the clear', 'take tls: false out')
  }
  return {
    kind: 'email',
    to,
    from: from ?? '',
    host: host ?? '',
    port: number,
    tls: isPlain ? 'none' : number === TLS_PORT ? 'implicit' : 'starttls',
    ...(login === undefined ? {} : { login }),
  }
}

function readLogin(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  field: Field,
): { user: string; password: string } | undefined {
  const [userAt, passwordAt] = [keys.get('user'), keys.get('password')]
  if (userAt === undefined && passwordAt === undefined) return undefined
  const user = reader.text(userAt) ?? ''
  const password = reader.text(passwordAt) ?? ''
  if (user === '') missing(reader, userAt ?? field, 'user', 'password needs it')
  if (password === '') missing(reader, passwordAt ?? field, 'password', 'user needs it')
  if (passwordAt !== undefined && password !== '') {
    // several targets may be written to by one account
    reader.noteSecret(passwordAt)
  }
  return { user, password }
}

function missing(reader: Reader, field: Field, name: string, hint?: string): string {
  reader.problem(
    field,
    `${name} is missing or empty`,
    hint ?? 'docs/notifications.md shows each kind of target',
  )
  return ''
}
