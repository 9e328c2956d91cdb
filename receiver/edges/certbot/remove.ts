import { createPublicKey } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CERTBOT_DIRECTORY, lineageOf, renewalFile } from './places.ts'

/**
 * Takes a certificate of ours from Certbot, as `certbot delete` does, and its request and key, too, of which Certbot before 2.3 keeps a
 * copy of each. All at once: what is read of it before has it whole, and afterwards not at all. What is gone already is none of
 * its business, so that after a crash it goes on. Throws the file system's own error.
 */
export function removeCertificate(
  { site, names }: { site: string; names: readonly string[] },
  directory = CERTBOT_DIRECTORY,
): void {
  const lineage = lineageOf(site)
  removeRequests(names, directory)
  // first what would have it renewed, and at last what its links lead to
  rmSync(renewalFile(lineage, directory), { force: true })
  for (const each of ['live', 'archive']) {
    rmSync(join(directory, each, lineage), { recursive: true, force: true })
  }
}

/** Of one that failed there is nothing else. */
function removeRequests(names: readonly string[], directory: string): void {
  const keys = new Map<string, Buffer>()
  for (const file of filesIn(join(directory, 'csr'))) {
    const request = derOf(file)
    if (!names.some((name) => request.includes(asDnsName(name)))) continue
    if (keys.size === 0) {
      for (const key of filesIn(join(directory, 'keys'))) keys.set(key, publicDerOf(key))
    }
    for (const [key, spki] of keys) {
      if (spki.length > 0 && request.includes(spki)) rmSync(key, { force: true })
    }
    rmSync(file, { force: true })
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.pem'))
      .map((name) => join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

const derOf = (file: string): Buffer =>
  Buffer.from(readFileSync(file, 'utf8').replace(/-----[A-Z ]{1,40}-----|\s/g, ''), 'base64')

/** As it stands in a request for it, and in no other one. */
function publicDerOf(file: string): Buffer {
  try {
    return createPublicKey(readFileSync(file)).export({ type: 'spki', format: 'der' })
  } catch {
    // no key: it is nobody's here
    return Buffer.alloc(0)
  }
}

/** As it stands in `subjectAltName` (RFC 5280, section 4.2.1.6): no name that ends or begins so is meant. */
const asDnsName = (name: string): Buffer =>
  Buffer.concat([Buffer.from([0x82, name.length]), Buffer.from(name, 'ascii')])
