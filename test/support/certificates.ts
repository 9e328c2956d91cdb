import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  /** PEM file of the authority. */
  authority: string
  /** PEM files of what it signed for the address. */
  certificate: string
  key: string
}

/** Makes an authority of one's own, and a certificate for an IP address of which it vouches. */
export function makeCertificates(dir: string, address: string): Certificates {
  mkdirSync(dir, { recursive: true })
  const file = (name: string) => join(dir, name)
  const files = {
    authority: file('authority.pem'),
    certificate: file('server.pem'),
    key: file('server.key'),
  }
  const authorityKey = file('authority.key')
  openssl(['-keyout', authorityKey, '-out', files.authority, '-subj', '/CN=authority'])
  const signer = ['-CA', files.authority, '-CAkey', authorityKey]
  const extensions = [
    '-addext',
    `subjectAltName=IP:${address}`,
    '-addext',
    'basicConstraints=CA:FALSE',
  ]
  const made = ['-keyout', files.key, '-out', files.certificate, '-subj', '/CN=registry']
  openssl([...signer, ...made, ...extensions])
  return files
}

/** Made in no time, which a key of RSA is not. */
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']

const openssl = (args: readonly string[]) =>
  execFileSync('openssl', ['req', '-x509', ...EC, '-nodes', ...args], {
    stdio: 'pipe',
  })

/** Makes a certificate of these DNS names that vouches for itself, with its key. */
export function makePair(
  dir: string,
  names: readonly string[],
): { certificate: string; key: string } {
  mkdirSync(dir, { recursive: true })
  const pair = { certificate: join(dir, 'fullchain.pem'), key: join(dir, 'privkey.pem') }
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      pair.key,
      '-out',
      pair.certificate,
      '-days',
      '90',
      '-subj',
      '/CN=site',
      '-addext',
      `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
    ],
    { stdio: 'pipe' },
  )
  return pair
}
