import { defined } from '../../core/defined.ts'
import type { CertificateSource, SiteSettings } from '../../core/site.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'
import { readPasswords } from '../site-files.ts'
import { readFiles } from '../tls.ts'
import { boolean } from '../values.ts'

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

/** Of all previews; absent: they have no TLS. */
export function readPreviewTls(
  reader: Reader,
  previews: Field,
  field: Field | undefined,
  acme: boolean,
): CertificateSource | undefined {
  if (field !== undefined && reader.isMapping(field)) return readFiles(reader, field)
  const wished = boolean(reader, field)
  if (wished === false || (wished === undefined && !acme)) return undefined
  reader.problem(
    field ?? previews,
    'tls is missing: previews come and go faster than CAs give certificates to one domain',
    'get one for all of them with Certbot and the plugin of your DNS provider (docs/https.md), and name its files: tls: { certificate: …, key: … }; or write tls: false',
  )
  return undefined
}
