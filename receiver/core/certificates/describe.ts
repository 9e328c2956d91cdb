import type { Finding } from '../finding.ts'
import { CertificateError } from './error.ts'
import type { CertificatePorts } from './keep.ts'
import { nextStep } from './next-step.ts'
import type { WantedCertificate } from './certificate.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** With less left than this something has gone wrong for a long time, and somebody has to look. */
const LITTLE_DAYS = 7

/** How a site's certificate is, for people: how long it is good for, or why there is none and when that is tried next. */
export async function describeCertificate(
  wanted: WantedCertificate,
  { read, leaf, attempts, clock }: Pick<CertificatePorts, 'read' | 'leaf' | 'attempts' | 'clock'>,
): Promise<Finding> {
  const what = `certificate of ${wanted.site}`
  const tries = attempts.get(wanted.site)
  try {
    const standing = read(wanted.site)
    const step = nextStep(wanted, standing, { attempts: tries, clock })
    const isTried = tries?.message !== undefined && step.do !== 'nothing'
    const next = step.do === 'wait' ? `; it is tried again in ${inWords(step.ms)}` : ''
    const failure = isTried ? `${tries.message}${next}` : undefined
    const hint = isTried ? tries.hint : undefined
    if (standing === undefined) {
      if (wanted.ca === undefined) return { what, ok: false, message: 'there is none', hint: FILES }
      if (failure === undefined)
        return { what, ok: true, message: 'none yet: the CA is being asked' }
      return {
        what,
        ok: false,
        message: `none yet: ${failure}`,
        ...(hint === undefined ? {} : { hint }),
      }
    }
    const leftMs = -clock.since(standing.notAfter)
    const days = Math.floor(leftMs / DAY_MS)
    const missing = wanted.names.filter((name) => !standing.covers(name))
    const covered = wanted.names.find(standing.covers)
    const served = covered === undefined || leftMs <= 0 ? undefined : await leaf(covered)
    const parts = [
      leftMs <= 0
        ? `over since ${standing.notAfter}`
        : `good for ${days} more days, until ${standing.notAfter}`,
      ...(missing.length === 0 ? [] : [`not for ${missing.join(', ')}`]),
      ...(served === undefined || served === standing.fingerprint ? [] : ['Nginx has another one']),
      ...(failure === undefined ? [] : [failure]),
    ]
    const ok = parts.length === (failure === undefined ? 1 : 2) && days >= LITTLE_DAYS
    const remedy = hint ?? (ok ? undefined : wanted.ca === undefined ? FILES : undefined)
    return {
      what,
      ok,
      message: parts.join('; '),
      ...(remedy === undefined ? {} : { hint: remedy }),
    }
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    return { what, ok: false, message: error.message, hint: error.hint }
  }
}

const FILES =
  'put a certificate of these names, and its key, where tls of the app says: it is taken within a minute'

function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
