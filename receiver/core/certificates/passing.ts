import type { Clock } from '../clock.ts'
import type { Report } from '../log.ts'
import type { StandingCertificate } from './certificate.ts'

/** A certificate that was had for a preview. It is on record before the CA is asked, until nothing of it lies on disk. */
export interface Passing {
  site: string
  names: readonly string[]
  /** Since when its preview is gone; ISO 8601. */
  leftAt?: string
}

/** Every write is durable when the call returns. */
export interface PassingRecord {
  all(): Passing[]
  put(passing: Passing): void
  forget(site: string): void
}

export interface PassingPorts {
  record: PassingRecord
  /** `preview`: it has this certificate, or will have it again. `app`: an app is called so by now, whose it is. `nobody`: it goes. */
  ownerOf(site: string): 'preview' | 'app' | 'nobody'
  /** What lies on disk of it. */
  read(site: string): StandingCertificate | undefined
  /** How long it may still be good for its preview, if that comes back. */
  keepMs(site: string): number
  /** Takes it off the disk, with all that Certbot has of it. Again after a crash, it goes on. */
  remove(passing: Passing): void
  /** Nothing is remembered of having asked for it. */
  forget(site: string): void
  clock: Clock
  report: Report
}

/**
 * Removes the certificates of previews that are gone. A pull request is opened again, and a CA gives one name only so many certificates a
 * week: so it stays for `keepMs`, but not beyond half of its life, where nobody renews it yet.
 */
export function tidyPassing(ports: PassingPorts): void {
  for (const passing of ports.record.all()) {
    try {
      tidy(passing, ports)
    } catch (error) {
      const { site } = passing
      ports.report('the certificate of a preview that is gone stays for now', { site, error })
    }
  }
}

function tidy(
  passing: Passing,
  { record, ownerOf, read, keepMs, remove, forget, clock, report }: PassingPorts,
): void {
  const { leftAt, site, names } = passing
  const owner = ownerOf(site)
  if (owner === 'app') return record.forget(site)
  if (owner === 'preview') {
    if (leftAt !== undefined) record.put({ site, names })
    return
  }
  if (leftAt === undefined) record.put({ ...passing, leftAt: clock.now() })
  const standing = legible(site, read)
  const goneForMs = leftAt === undefined ? 0 : clock.since(leftAt)
  if (standing !== undefined && goneForMs < keepMs(site) && isYoung(standing, clock)) return
  remove(passing)
  forget(site)
  record.forget(site)
  if (standing !== undefined) report('certificate of a preview removed', { site }, 'info')
}

function isYoung({ notBefore, notAfter }: StandingCertificate, { since }: Clock): boolean {
  return since(notBefore) < -since(notAfter)
}

function legible(site: string, read: PassingPorts['read']): StandingCertificate | undefined {
  try {
    return read(site)
  } catch {
    // part of it is gone
    return undefined
  }
}
