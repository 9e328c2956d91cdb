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

const openssl = (args: readonly string[]) =>
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...args], {
    stdio: 'pipe',
  })
