import { isPreviewOf } from '../../../protocol/preview-name.ts'
import { DOMAIN } from '../../core/dns-name.ts'
import type { AppConfig } from '../config.ts'
import type { DomainOwners } from '../domains.ts'
import type { Field, Reader } from '../reader.ts'
import { matching } from '../values.ts'

/** What the names of all previews of an app end in. */
export function readDomain(reader: Reader, previews: Field, field: Field | undefined): string {
  const form = 'lower case, without scheme, port or path'
  const domain = matching(reader, field, DOMAIN, 'a domain', form)
  if (reader.isNothing(field)) {
    const hint = 'name what their names end in, like preview.example.com'
    reader.problem(field ?? previews, 'domain is missing', hint)
  }
  if (domain?.startsWith('*.') === true && field !== undefined) {
    reader.problem(field, `${domain} is many names already`, `write ${domain.slice(2)}`)
  }
  return domain ?? ''
}

/** No app is called, or found, as a preview of another one may be. */
export function refuseMeeting(
  reader: Reader,
  fields: ReadonlyMap<string, Field>,
  { apps, owners }: { apps: Readonly<Record<string, AppConfig>>; owners: DomainOwners },
): void {
  for (const { name, previews } of Object.values(apps)) {
    const at = fields.get(name)
    if (previews === undefined || at === undefined) continue
    for (const [other, field] of fields) {
      if (!isPreviewOf(other, name)) continue
      const message = `${other} may be the name of a preview of ${name}`
      reader.problem(field, message, `call it by another one, without ${name}-- at its beginning`)
    }
    for (const domain of owners.keys()) {
      if (!domain.endsWith(`.${previews.domain}`) || !isPreviewOf(domain, name)) continue
      const message = `${domain} may be the name of a preview of ${name}`
      reader.problem(at, message, 'give previews.domain, or that app, another one')
    }
  }
}
