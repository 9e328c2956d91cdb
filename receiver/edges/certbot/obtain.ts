import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { AcmeSettings } from '../../core/certificates/acme.ts'
import type { WantedCertificate } from '../../core/certificates/certificate.ts'
import type { Reason } from '../../core/certificates/next-step.ts'
import { replaceFile } from '../durable.ts'
import { makeSearchable } from '../searchable.ts'
import { certbotArguments, certbotConfig } from './arguments.ts'
import { certbotFailure } from './failure.ts'
import { CERTBOT_DIRECTORY, webrootOf } from './places.ts'
import { runCertbot } from './run.ts'

/** More than Certbot writes of one run; its end is what counts. */
const MAX_LOG_CHARACTERS = 500_000

/**
 * Has Certbot get a certificate by HTTP-01, into its own directory and under our name for it, so that its timer renews it. Throws
 * `CertificateError`.
 */
export async function obtain(
  wanted: WantedCertificate,
  reason: Reason,
  { acme, data, signal }: { acme: AcmeSettings; data: string; signal: AbortSignal },
): Promise<void> {
  const own = join(data, 'certbot')
  const places = {
    webroot: webrootOf(data),
    logs: own,
    work: join(own, 'work'),
    config: join(own, 'config.ini'),
  }
  const log = join(own, 'letsencrypt.log')
  makeWebroot(data)
  mkdirSync(own, { recursive: true, mode: 0o700 })
  rmSync(log, { force: true })
  replaceFile(places.config, certbotConfig(acme), 0o600)
  try {
    const args = certbotArguments(wanted, reason, { acme, places })
    // it needs a folder for what it writes in between: a service may have no other
    const { status, said } = await runCertbot(args, signal, { env: { TMPDIR: own } })
    if (status === 0) return
    const hide = (text: string) =>
      acme.eab === undefined ? text : text.replaceAll(acme.eab.hmacKey, '***')
    throw certbotFailure(
      { said: hide(said), logged: hide(readEnd(log)) },
      { server: acme.server, log, directory: acme.directory ?? CERTBOT_DIRECTORY },
      Date.now(),
    )
  } finally {
    rmSync(places.config, { force: true })
  }
}

/** Nginx's workers read in it. */
export function makeWebroot(data: string): void {
  makeSearchable(data, 0o711)
  makeSearchable(webrootOf(data), 0o755)
}

function readEnd(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-MAX_LOG_CHARACTERS)
  } catch {
    return ''
  }
}
