import { DOMAIN } from '../core/dns-name.ts'
import { internalName } from '../core/internal-name.ts'
import type { Field, Reader } from './reader.ts'
import { matching } from './values.ts'

/** Who has a domain: an app, the receiver itself, whose `url` it is, or the containers that call an app so. */
export type DomainOwners = Map<string, { app: string } | { url: string } | { internal: string }>

/** What visitors cannot be at already: the names that containers have for these apps, and the receiver's own host. */
export function domainOwners(url: string, apps: Iterable<string>): DomainOwners {
  const owners: DomainOwners = new Map()
  for (const app of apps) owners.set(internalName(app), { internal: app })
  if (URL.canParse(url)) owners.set(new URL(url).hostname, { url })
  return owners
}

/** Reads the domains of an app. Two cannot have the same, and none that of the receiver: Nginx would serve one of them alone. */
export function readDomains(
  reader: Reader,
  field: Field | undefined,
  { name, owners }: { name: string; owners: DomainOwners },
): string[] {
  const form = 'lower case, without scheme, port or path'
  return reader.list(field).flatMap((item) => {
    const domain = matching(reader, item, DOMAIN, 'a domain', form)
    if (domain === undefined) return []
    const owner = owners.get(domain)
    if (owner === undefined || ('internal' in owner && owner.internal === name)) {
      owners.set(domain, { app: name })
    } else if ('internal' in owner) {
      reader.problem(
        item,
        `${domain} is what other containers call ${owner.internal}`,
        'choose another domain, or another name for that app',
      )
    } else if ('url' in owner) {
      const hint = `give ${name} another name, like ${name}.${domain}, or url another host`
      reader.problem(
        item,
        `${domain} is the host of url (${owner.url}), at which the receiver takes hooks`,
        hint,
      )
    } else if (owner.app !== name) {
      reader.problem(
        item,
        `${domain} is a domain of ${owner.app} already`,
        'take it out of one of both',
      )
    } else reader.problem(item, `${domain} stands here twice`, 'take one of both out')
    return [domain]
  })
}
