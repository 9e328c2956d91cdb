import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'

/** What is trusted and shown at a host, as PEM. */
export interface Tls {
  ca?: string[]
  cert?: string[]
  key?: string[]
}

/**
 * What Docker has for a host in its directory of certificates (docs.docker.com, "Verify repository client with certificates"):
 * each `*.crt` is an authority beside those of the system, each `NAME.cert` with its `NAME.key` is ours.
 * @param host with its port, if it has one
 */
export function tlsOf(host: string, directory: string): Tls {
  const files = namesIn(join(directory, host))
  const read = (ending: string) =>
    files
      .filter((name) => name.endsWith(ending))
      .map((name) => readFileSync(join(directory, host, name), 'utf8'))
  const [authorities, cert, key] = [read('.crt'), read('.cert'), read('.key')]
  return {
    ...(authorities.length === 0 ? {} : { ca: [...getCACertificates(), ...authorities] }),
    ...(cert.length === 0 || key.length === 0 ? {} : { cert, key }),
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).toSorted()
  } catch {
    // most hosts have none, and a stranger may not look: then the system's authorities count
    return []
  }
}
