import { execFile } from 'node:child_process'
import { chmodSync, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const TIMEOUT_MS = 20_000

/**
 * A certificate that says nothing of this machine, for names that nobody has: an Nginx before 1.19.4 shows one before it can
 * refuse. Made once; `undefined` when it cannot be, and such names meet the first site then, as they do without us.
 */
export async function nobodysPair(
  data: string,
): Promise<{ certificate: string; key: string } | undefined> {
  const pair = { certificate: join(data, 'nobody.pem'), key: join(data, 'nobody.key') }
  if (existsSync(pair.certificate) && existsSync(pair.key)) return pair
  const made = { certificate: `${pair.certificate}.new`, key: `${pair.key}.new` }
  const what = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const how = ['-nodes', '-days', '36500', '-subj', '/CN=invalid']
  const where = ['-keyout', made.key, '-out', made.certificate]
  try {
    await run('openssl', [...what, ...how, ...where], { timeout: TIMEOUT_MS })
    chmodSync(made.key, 0o600)
    renameSync(made.key, pair.key)
    renameSync(made.certificate, pair.certificate)
    return pair
  } catch {
    return undefined
  }
}
