import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import { DeployError } from '../../core/errors.ts'

/** What is trusted and shown at a host, as PEM. */
export interface Tls {
  ca?: string[]
  cert?: string[]
  key?: string[]
}

/**
 * What Docker has for a host in its directory of certificates (docs.docker.com, "Verify repository client with certificates"):
 * each `*.crt` is an authority beside those of the system, each `NAME.cert` with its `NAME.key` is ours.
 * Throws `DeployError` for what cannot be read.
 * @param host with its port, if it has one
 */
export function tlsOf(host: string, directory: string): Tls {
  const files = readable(join(directory, host), (place) => readdirSync(place).toSorted()) ?? []
  const read = (ending: string) =>
    files
      .filter((name) => name.endsWith(ending))
      .flatMap(
        (name) => readable(join(directory, host, name), (file) => readFileSync(file, 'utf8')) ?? [],
      )
  const [authorities, cert, key] = [read('.crt'), read('.cert'), read('.key')]
  return {
    ...(authorities.length === 0 ? {} : { ca: [...getCACertificates(), ...authorities] }),
    ...(cert.length === 0 || key.length === 0 ? {} : { cert, key }),
  }
}

/** `undefined` for what is not there. */
function readable<T>(path: string, read: (path: string) => T): T | undefined {
  try {
    return read(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new DeployError('registry_unreachable', `Docker’s certificates: ${message}`, {
      hint: `let the receiver’s user read ${path}, as Docker does`,
      cause,
    })
  }
}
