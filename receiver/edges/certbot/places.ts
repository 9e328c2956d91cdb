import { join } from 'node:path'

/** Certbot's own, unless it is told of another one. */
export const CERTBOT_DIRECTORY = '/etc/letsencrypt'

/** A certificate and its key, as PEM files. */
export interface PairFiles {
  /** With the chain behind it. */
  certificate: string
  key: string
}

/** What Certbot calls the certificate of a site: of an app, or of `url.HOST`, as no app can be called. */
export const lineageOf = (site: string): string => `deploy-receiver.${site}`

/** Where Certbot has its newest one: links, which it sets anew. */
export const certbotFiles = (site: string, directory = CERTBOT_DIRECTORY): PairFiles =>
  lineageFiles(lineageOf(site), directory)

/** The same of whatever Certbot calls so. */
export function lineageFiles(lineage: string, directory = CERTBOT_DIRECTORY): PairFiles {
  const live = join(directory, 'live', lineage)
  return { certificate: join(live, 'fullchain.pem'), key: join(live, 'privkey.pem') }
}

/** Where its answers to challenges lie, for Nginx to show: its workers can come to it. */
export const webrootOf = (data: string): string => join(data, 'acme')

/** Where Certbot notes how a certificate was had. */
export const renewalFile = (lineage: string, directory = CERTBOT_DIRECTORY): string =>
  join(directory, 'renewal', `${lineage}.conf`)
