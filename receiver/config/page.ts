import { DOMAIN } from '../core/dns-name.ts'
import type { PageConfig } from './config.ts'
import type { Field, Reader } from './reader.ts'
import { keep, own, type SecretOwners } from './secrets.ts'
import { matching } from './values.ts'

const NAME = String.raw`[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}`
const SLUG = '[A-Za-z0-9_-]{1,100}'
const USER = new RegExp(`^${NAME}$`)
const TEAM = new RegExp(`^${NAME}/${SLUG}$`)
const USER_OR_TEAM = new RegExp(`^${NAME}(?:/${SLUG})?$`)

/** Reads `page:`: the name that it has, and who may sign in by GitHub. */
export function readPage(
  reader: Reader,
  field: Field | undefined,
  { owners, url }: { owners: SecretOwners; url: string },
): PageConfig | undefined {
  if (field === undefined) return undefined
  const keys = reader.mapping(field, ['domain', 'github'])
  const at = keys.get('domain')
  const form = 'lower case, without scheme, port or path'
  const domain = matching(reader, at, DOMAIN, 'a domain', form)
  if (domain?.startsWith('*') === true && at !== undefined) {
    reader.problem(at, `${domain} is many names`, 'the page has one')
  }
  if (
    at !== undefined &&
    url.startsWith('http:') &&
    URL.canParse(url) &&
    domain === new URL(url).hostname
  ) {
    reader.problem(
      at,
      'the host of url is served without TLS, and the page never is',
      'write url with https://',
    )
  }
  const github = readGithub(reader, keys.get('github'), owners)
  return {
    ...(domain === undefined ? {} : { domain }),
    ...(github === undefined ? {} : { github }),
  }
}

/** Says when nobody comes to the page by its name, as far as the config alone shows that. */
export function remarkOfPage(
  reader: Reader,
  field: Field | undefined,
  {
    page,
    url,
    isOwnSite,
    tls,
  }: { page: PageConfig | undefined; url: string; isOwnSite: boolean; tls: object | undefined },
): void {
  const domain = page?.domain
  if (field === undefined || domain === undefined) return
  const at = reader.mapping(field).get('domain') ?? field
  const isBeside = URL.canParse(url) && new URL(url).hostname === domain
  if (!isOwnSite) {
    const which = isBeside ? 'the site of url' : `the site of ${domain}`
    const what = '`site: false` leaves it to you; docs/page.md has what it passes on'
    reader.notice(at, `${which} is none of the receiver's: ${what}`)
  } else if (tls === undefined) {
    reader.warning(
      at,
      `nothing asks for a certificate of ${domain}, and the page is never served without TLS`,
      'write `tls: { email: ops@example.com }`',
    )
  }
}

function readGithub(
  reader: Reader,
  field: Field | undefined,
  owners: SecretOwners,
): PageConfig['github'] {
  if (field === undefined) return undefined
  const keys = reader.mapping(field, ['client_id', 'client_secret', 'users', 'teams', 'readers'])
  const required = (name: string) => {
    const text = reader.text(keys.get(name))
    if (text === undefined || text === '') {
      reader.problem(
        keys.get(name) ?? field,
        `${name} is missing`,
        `GitHub shows it where the OAuth app is: Settings, Developer settings`,
      )
    }
    return text ?? ''
  }
  const clientSecret = required('client_secret')
  const secretAt = keys.get('client_secret')
  if (secretAt !== undefined && clientSecret !== '') {
    own(reader, secretAt, clientSecret, owners)
    keep(reader, secretAt, clientSecret)
  }
  const names = (name: string, form: RegExp, what: string) =>
    reader
      .list(keys.get(name))
      .flatMap((item) => matching(reader, item, form, what)?.toLowerCase() ?? [])
  const users = names('users', USER, "a GitHub user's name")
  const teams = names('teams', TEAM, 'a team of an organisation, like acme/operators')
  const readers = names('readers', USER_OR_TEAM, 'a user, or a team like acme/operators')
  if (users.length + teams.length + readers.length === 0) {
    reader.problem(
      field,
      'nobody may sign in',
      'name users, teams or readers: anybody has an account at GitHub',
    )
  }
  return { clientId: required('client_id'), clientSecret, users, teams, readers }
}
