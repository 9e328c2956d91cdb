import type { AcmeSettings } from '../../core/certificates/acme.ts'
import type { WantedCertificate } from '../../core/certificates/certificate.ts'
import type { Reason } from '../../core/certificates/next-step.ts'
import { lineageOf } from './places.ts'

/** Where Certbot puts things while it works for us. */
export interface CertbotPlaces {
  /** Its answers to the CA's challenges, for Nginx to show. */
  webroot: string
  /** The log of its last run. */
  logs: string
  /** What it needs in between. */
  work: string
  /** What is secret of its arguments, which everybody on the machine can see. */
  config: string
}

/** The arguments with which Certbot gets one certificate, and asks nobody anything. */
export function certbotArguments(
  { site, names, ca }: Pick<WantedCertificate, 'site' | 'names' | 'ca'>,
  reason: Reason,
  { acme, places }: { acme: AcmeSettings; places: CertbotPlaces },
): string[] {
  const { email, server, directory, isTrial } = acme
  return [
    'certonly',
    '--non-interactive',
    '--agree-tos',
    '--no-eff-email',
    '--email',
    email,
    '--server',
    server,
    '--config',
    places.config,
    '--logs-dir',
    places.logs,
    '--work-dir',
    places.work,
    ...(directory === undefined ? [] : ['--config-dir', directory]),
    ...(ca?.dns === undefined ? overHttp(places) : byDns(ca.dns)),
    '--cert-name',
    lineageOf(site),
    '--key-type',
    'ecdsa',
    ...names.flatMap((name) => ['--domain', name]),
    // whatever is there of another time: this is what is wanted now
    '--renew-with-new-domains',
    '--keep-until-expiring',
    // when it is due is known better here
    ...(reason === 'renewal' || reason === 'server' ? ['--force-renewal'] : []),
    ...(isTrial === true ? ['--break-my-certs'] : []),
    // our own hook there would tell what is known
    '--no-directory-hooks',
  ]
}

const overHttp = ({ webroot }: CertbotPlaces) => [
  '--webroot',
  '--webroot-path',
  webroot,
  '--preferred-challenges',
  'http',
]

/** As all plugins of that kind take them: `--dns-cloudflare-credentials`. */
const byDns = ({
  plugin,
  credentials,
}: NonNullable<NonNullable<WantedCertificate['ca']>['dns']>) => [
  '--authenticator',
  `dns-${plugin}`,
  '--preferred-challenges',
  'dns',
  ...(credentials === undefined ? [] : [`--dns-${plugin}-credentials`, credentials]),
]

/** What stands in the file of `--config`: an id and a key that are somebody's at the CA (RFC 8555, section 7.3.4). */
export const certbotConfig = ({ eab }: Pick<AcmeSettings, 'eab'>): string =>
  eab === undefined ? '' : `eab-kid = ${eab.kid}\neab-hmac-key = ${eab.hmacKey}\n`
