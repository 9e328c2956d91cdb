import { serverBlocksIn } from './ask/server-blocks.ts'
import { readIfThere } from './files.ts'
import type { Site } from './render/site.ts'

/** Files of a certificate and its key that are there. */
export interface StandingPair {
  certificate: string
  key: string
  /** Names that it is for. */
  covers: readonly string[]
  /** Whether it is as it has to be. One that is not is shown on where visitors have it, and nowhere else. */
  isFit: boolean
}

/** What is known of the TLS of a site that is to have it. */
export interface ConfiguredTls {
  /** Absent: there is no certificate yet. */
  pair?: StandingPair
  /** Where answers to a CA's challenges lie; absent: the certificate comes another way. */
  webroot?: string
}

/**
 * The certificate that visitors of a site get. One whose time is over sends nobody to where it would only frighten him. Of one that
 * does not belong to its key, as in the moment in which both are replaced, Nginx has the one before: who comes by TLS goes on doing so.
 */
export function servedPair(
  pair: StandingPair | undefined,
  { names, conf, listen }: { names: readonly string[]; conf: string; listen: readonly string[] },
): Pick<Site, 'tls'> {
  if (pair === undefined || listen.length === 0) return {}
  const { certificate, key, isFit } = pair
  const covers = isFit ? pair.covers : names.filter(hasTls(conf, certificate))
  if (covers.length === 0) return {}
  const isPart = names.some((name) => !covers.includes(name))
  return { tls: { certificate, key, listen, ...(isPart ? { domains: covers } : {}) } }
}

/** Whether a name is shown with this certificate, by what is written. */
function hasTls(conf: string, certificate: string): (name: string) => boolean {
  const text = readIfThere(conf) ?? ''
  const blocks = text.includes(`ssl_certificate ${certificate};`) ? serverBlocksIn(conf, text) : []
  const secure = blocks.filter(({ listens }) => listens.some((each) => each.includes(' ssl')))
  return (name) => secure.some((block) => block.names.includes(name))
}
