import type { AppConfig, Config } from '../config/config.ts'
import type { CertificateSource } from '../core/site.ts'
import type { StandingCertificate } from '../core/certificates/certificate.ts'
import { readPair } from '../edges/certbot/pair.ts'
import { certbotFiles, type PairFiles, webrootOf } from '../edges/certbot/places.ts'
import type { ConfiguredSite } from '../edges/nginx/sites.ts'

/** Where the certificate of a site lies, whether it is there or not. */
export const filesOf = (
  site: string,
  source: CertificateSource,
  { tls }: Pick<Config, 'tls'>,
): PairFiles => (source.kind === 'files' ? source : certbotFiles(site, tls?.directory))

/** What Nginx is told of an app's TLS, by what lies on disk now. A pair that it would not take is none. */
export function siteTls(
  { name, domains, tls }: Pick<AppConfig, 'name' | 'domains' | 'tls'>,
  config: Pick<Config, 'tls' | 'data'>,
): ConfiguredSite['tls'] {
  if (tls === undefined || domains.length === 0) return undefined
  const { certificate, key } = filesOf(name, tls, config)
  const pair = readIfUsable({ certificate, key })
  return {
    ...(tls.kind === 'acme' ? { webroot: webrootOf(config.data) } : {}),
    ...(pair === undefined
      ? {}
      : {
          pair: {
            certificate,
            key,
            covers: domains.filter(pair.covers),
            isOver: Date.parse(pair.notAfter) < Date.now(),
          },
        }),
  }
}

function readIfUsable(files: PairFiles): StandingCertificate | undefined {
  try {
    return readPair(files)
  } catch {
    // what is wrong with it is said where certificates are looked at
    return undefined
  }
}
