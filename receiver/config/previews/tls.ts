import { isDeepStrictEqual } from 'node:util'
import type { CertificateSource } from '../../core/site.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'
import { PATH, A_PATH, readFiles } from '../tls.ts'
import { boolean, matching } from '../values.ts'

/** As Debian's packages are called, and Certbot's options. */
const PLUGIN = /^(?!dns-)[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/

/**
 * Of all previews of an app: files, one of the CA's for all names below their domain, or one each; absent: they have no TLS. What says
 * nothing has one each where the app itself may have one of the CA's.
 */
export function readPreviewTls(
  reader: Reader,
  field: Field | undefined,
  { ofApp, acme, domain }: { ofApp: Field | undefined; acme: boolean; domain: string },
): CertificateSource | undefined {
  if (field !== undefined && reader.isMapping(field)) {
    return reader.mapping(field).has('dns')
      ? readWildcard(reader, field, { acme, domain })
      : readFiles(reader, field)
  }
  const quiet: Reader = { ...reader, problem: () => {} }
  const wished = boolean(reader, field) ?? boolean(quiet, ofApp) ?? acme
  if (!wished) return undefined
  if (!acme) return field === undefined ? undefined : noCa(reader, field)
  return { kind: 'acme' }
}

/** `{ dns, credentials }`: proof by a plugin of Certbot. */
function readWildcard(
  reader: Reader,
  field: Field,
  { acme, domain }: { acme: boolean; domain: string },
): CertificateSource | undefined {
  const keys = reader.mapping(field, ['dns', 'credentials'])
  const plugin = matching(
    reader,
    keys.get('dns'),
    PLUGIN,
    'the name of a DNS plugin of Certbot',
    'write cloudflare for python3-certbot-dns-cloudflare',
  )
  const credentials = matching(reader, keys.get('credentials'), PATH, A_PATH)
  if (credentials !== undefined) reader.noteFile(credentials)
  if (!acme) return noCa(reader, field)
  if (plugin === undefined) return undefined
  return {
    kind: 'wildcard',
    domain,
    plugin,
    ...(credentials === undefined ? {} : { credentials }),
  }
}

function noCa(reader: Reader, field: Field): undefined {
  const hint = 'say who asks for certificates: tls: { email: ops@example.com } at the top'
  reader.problem(field, 'there is no CA to ask', hint)
}

/** One domain has one certificate for all names below it. */
export function refuseTwoWays(
  reader: Reader,
  fields: ReadonlyMap<string, Field>,
  apps: Readonly<Record<string, AppConfig>>,
): void {
  const known = new Map<string, { name: string; source: CertificateSource }>()
  for (const { name, previews } of Object.values(apps)) {
    const source = previews?.app.tls
    const at = fields.get(name)
    if (source?.kind !== 'wildcard' || at === undefined) continue
    const before = known.get(source.domain) ?? { name, source }
    known.set(source.domain, before)
    if (isDeepStrictEqual(before.source, source)) continue
    const message = `the certificate of *.${source.domain} is had in another way by the previews of ${before.name}`
    reader.problem(at, message, 'write the same under previews.tls of both')
  }
}
