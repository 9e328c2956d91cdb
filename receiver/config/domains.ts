import { DOMAIN, isPath } from '../core/dns-name.ts'
import { internalName } from '../core/internal-name.ts'
import type { AppPlace } from '../core/site.ts'
import type { Field, Reader } from './reader.ts'
import { boolean, matching } from './values.ts'

/**
 * Who has a domain: apps, each at paths of its own; one that leads to another; the receiver itself, whose `url` it is, or whose
 * page has it; or the containers that call an app so.
 */
export type DomainOwners = Map<string, Owner>
type Owner =
  | { at: Map<string, string> }
  | { from: string }
  | { url: string }
  | { page: string }
  | { internal: string }

/** Keys that say where visitors find an app. */
export const PLACE_KEYS = ['domains', 'paths', 'strip_prefix', 'redirect_from']

/** What visitors cannot be at already: the names that containers have for these apps, and the receiver's own. */
export function domainOwners(
  { url, page }: { url: string; page: string | undefined },
  apps: Iterable<string>,
): DomainOwners {
  const owners: DomainOwners = new Map()
  for (const app of apps) owners.set(internalName(app), { internal: app })
  if (page !== undefined) owners.set(page, { page })
  if (URL.canParse(url)) owners.set(new URL(url).hostname, { url })
  return owners
}

/**
 * Reads where an app is. Two cannot be at the same path of a domain, and none at the receiver's host: Nginx would serve one of
 * them alone.
 */
export function readPlace(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  { name, owners }: { name: string; owners: DomainOwners },
): AppPlace {
  const paths = readPaths(reader, keys.get('paths'))
  const domains = readNames(reader, keys.get('domains')).map(({ item, domain }) => {
    takeDomain(reader, item, { domain, name, paths, owners })
    return domain
  })
  return {
    domains,
    paths,
    stripPrefix: readStripPrefix(reader, keys.get('strip_prefix'), paths),
    redirectFrom: readRedirects(reader, keys.get('redirect_from'), { name, domains, owners }),
  }
}

function readNames(reader: Reader, field: Field | undefined): { item: Field; domain: string }[] {
  const form = 'lower case, without scheme, port or path'
  return reader.list(field).flatMap((item) => {
    const domain = matching(reader, item, DOMAIN, 'a domain', form)
    return domain === undefined ? [] : [{ item, domain }]
  })
}

function takeDomain(
  reader: Reader,
  item: Field,
  {
    domain,
    name,
    paths,
    owners,
  }: { domain: string; name: string; paths: readonly string[]; owners: DomainOwners },
): void {
  const before = owners.get(domain)
  const isFree = before === undefined || ('internal' in before && before.internal === name)
  const owner = isFree ? { at: new Map<string, string>() } : before
  if (!('at' in owner)) return refuse(reader, item, { domain, name, owner })
  owners.set(domain, owner)
  const taken = paths.find((path) => owner.at.has(path))
  const other = taken === undefined ? undefined : owner.at.get(taken)
  if (other === name) reader.problem(item, `${domain} stands here twice`, 'take one of both out')
  else if (other !== undefined) {
    reader.problem(
      item,
      taken === '/'
        ? `${domain} is a domain of ${other} already`
        : `${other} is at ${domain}${taken} already`,
      'take it out of one of both, or give them other `paths`',
    )
  }
  for (const path of paths) if (!owner.at.has(path)) owner.at.set(path, name)
}

/** Says who has a name already. */
function refuse(
  reader: Reader,
  item: Field,
  { domain, name, owner }: { domain: string; name: string; owner: Owner },
): void {
  if ('url' in owner) {
    const hint = `give ${name} another name, like ${name}.${domain}, or url another host`
    const message = `${domain} is the host of url (${owner.url}), at which the receiver takes hooks`
    return reader.problem(item, message, hint)
  }
  if ('page' in owner) {
    const hint = `give ${name} another name, or the page: page.${domain}`
    return reader.problem(item, `${domain} is page.domain, at which the page is`, hint)
  }
  if ('from' in owner) {
    const message =
      owner.from === name
        ? `${domain} stands under redirect_from, too`
        : `${domain} leads to ${owner.from} already (redirect_from)`
    return reader.problem(item, message, 'take it out of one of both')
  }
  if ('internal' in owner) {
    const message = `${domain} is what other containers call ${owner.internal}`
    return reader.problem(item, message, 'choose another domain, or another name for that app')
  }
  const others = [...new Set(owner.at.values())]
  const message = others.includes(name)
    ? `${domain} is one of domains, too`
    : `${domain} is a domain of ${others.join(', ')} already`
  reader.problem(item, message, 'take it out of one of both')
}

const PATH_HINT = 'write it like /api: letters, digits and . _ ~ - between slashes'

function readPaths(reader: Reader, field: Field | undefined): string[] {
  const paths: string[] = []
  for (const item of reader.list(field)) {
    const text = reader.text(item)
    if (text === undefined) continue
    const path = text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text
    if (!isPath(path)) reader.problem(item, `${JSON.stringify(text)} is not a path`, PATH_HINT)
    else if (paths.includes(path)) {
      reader.problem(item, `${path} stands here twice`, 'take one of both out')
    } else paths.push(path)
  }
  return paths.length === 0 ? ['/'] : paths
}

function readStripPrefix(
  reader: Reader,
  field: Field | undefined,
  paths: readonly string[],
): boolean {
  const strips = boolean(reader, field) ?? false
  if (strips && field !== undefined && paths.every((path) => path === '/')) {
    reader.problem(field, '/ is no prefix to strip', 'name what is to be: `paths: [/api]`')
  }
  return strips
}

function readRedirects(
  reader: Reader,
  field: Field | undefined,
  {
    name,
    domains: [first],
    owners,
  }: { name: string; domains: readonly string[]; owners: DomainOwners },
): string[] {
  const names = readNames(reader, field)
  if (field !== undefined && names.length > 0 && (first === undefined || first.startsWith('*'))) {
    reader.problem(
      field,
      first === undefined
        ? 'there is nowhere to lead to: the app has no domains'
        : `${first} is no one name to lead to`,
      'name under `domains`, as the first one, where these are to lead',
    )
  }
  return names.map(({ item, domain }) => {
    const owner = owners.get(domain)
    if (owner === undefined) owners.set(domain, { from: name })
    else if ('from' in owner && owner.from === name) {
      reader.problem(item, `${domain} stands here twice`, 'take one of both out')
    } else refuse(reader, item, { domain, name, owner })
    return domain
  })
}
