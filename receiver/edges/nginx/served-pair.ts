import { readIfThere } from './files.ts'
import type { Site } from './render/site.ts'

/** Files of a certificate and its key that are there, and belong together. */
export interface StandingPair {
  certificate: string
  key: string
  /** Names that it is for. */
  covers: readonly string[]
  /** Whether its time is over. */
  isOver: boolean
}

/** What is known of the TLS of a site that is to have it. */
export interface ConfiguredTls {
  /** Absent: there is no certificate yet. */
  pair?: StandingPair
  /** Where answers to a CA's challenges lie; absent: the certificate comes another way. */
  webroot?: string
}

/**
 * The certificate that visitors of a site get. One whose time is over is kept where they have it, and sends nobody to where it would
 * only frighten him.
 */
export function servedPair(
  pair: StandingPair | undefined,
  { names, conf, listen }: { names: readonly string[]; conf: string; listen: readonly string[] },
): Pick<Site, 'tls'> {
  if (pair === undefined || pair.covers.length === 0 || listen.length === 0) return {}
  const { certificate, key, covers, isOver } = pair
  if (isOver && readIfThere(conf)?.includes(`ssl_certificate ${certificate};`) !== true) return {}
  const isPart = names.some((name) => !covers.includes(name))
  return { tls: { certificate, key, listen, ...(isPart ? { domains: covers } : {}) } }
}
