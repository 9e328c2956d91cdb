import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { CertificateError } from '../../core/certificates/error.ts'
import type { StandingCertificate } from '../../core/certificates/certificate.ts'
import type { PairFiles } from './places.ts'

/** More than any chain. */
const MAX_BYTES = 1_000_000

/**
 * Reads a certificate with its key, and sees that they belong together: Nginx takes no file that names others. `undefined` when
 * neither is there. Throws `CertificateError`.
 */
export function readPair(files: PairFiles): StandingCertificate | undefined {
  const certificate = readPem(files.certificate)
  const key = readPem(files.key)
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined) throw missing(files.certificate)
  if (key === undefined) throw missing(files.key)
  const leaf = parse(
    files.certificate,
    'a certificate in PEM',
    () => new X509Certificate(certificate),
  )
  const secret = parse(files.key, 'a key in PEM without a passphrase', () => createPrivateKey(key))
  if (!leaf.checkPrivateKey(secret)) {
    throw unusable(
      `the key ${files.key} is not that of ${files.certificate}`,
      'put the two that belong together; in a file with a chain the certificate itself comes first',
    )
  }
  return {
    names: namesOf(leaf),
    notBefore: leaf.validFromDate.toISOString(),
    notAfter: leaf.validToDate.toISOString(),
    fingerprint: fingerprintOf(leaf.raw),
    // a wildcard domain of a site is covered by itself alone
    covers: (name) =>
      name.startsWith('*.')
        ? namesOf(leaf).includes(name)
        : leaf.checkHost(name, { subject: 'never' }) !== undefined,
  }
}

/** SHA-256 of a certificate in DER. */
const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex')

function readPem(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').slice(0, MAX_BYTES)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw unusable(message, 'the receiver, and Nginx when it starts, have to read it')
  }
}

function parse<T>(file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw unusable(`${file} is not ${what}`, 'look at it with openssl x509 or openssl pkey', cause)
  }
}

const namesOf = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName
    .split(', ')
    .flatMap((each) => (each.startsWith('DNS:') ? each.slice('DNS:'.length).toLowerCase() : []))

const missing = (file: string) => unusable(`${file} is not there`, 'put it there, or take tls out')

const unusable = (message: string, hint: string, cause?: unknown) =>
  new CertificateError(message, { hint, cause })
