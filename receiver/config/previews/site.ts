import { defined } from '../../core/defined.ts'
import type { SiteSettings } from '../../core/site.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'
import { readPasswords } from '../site-files.ts'

/** As the app's, but for what is the app's own: its headers, its password, the administrator's directives. */
export function readPreviewSite(
  reader: Reader,
  previews: Field,
  field: Field | undefined,
  {
    app,
    site: { include: _include, ...all },
  }: { app: Pick<AppConfig, 'site'>; site: SiteSettings },
): SiteSettings {
  const { protocol, maxBody, timeoutMs, gzip } = app.site
  if (field === undefined || reader.isNothing(field)) {
    reader.problem(
      field ?? previews,
      'basic_auth is missing: whoever finds a preview could look at it, or break in',
      'name a file that htpasswd made, or write basic_auth: false if all of them may be seen by everybody',
    )
  }
  const { basicAuth: _basicAuth, ...others } = all
  const basicAuth = field === undefined ? undefined : readPasswords(reader, field)
  return {
    ...others,
    ...defined({ protocol, maxBody, timeoutMs, gzip, basicAuth }),
    headers: { ...all.headers, 'X-Robots-Tag': 'noindex' },
  }
}
