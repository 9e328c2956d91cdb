import type { Clock } from '../clock.ts'
import { defined } from '../defined.ts'
import type { Log, LogLevel } from '../log.ts'
import type { Attempts, Held, StandingCertificate, WantedCertificate } from './certificate.ts'
import { CertificateError } from './error.ts'
import { describeWanted, nextStep, type Reason } from './next-step.ts'

export interface CertificatePorts {
  /** Certificates that sites are to have by the config in force. */
  wanted(): readonly WantedCertificate[]
  /** What lies on disk; `undefined` for none. Throws `CertificateError` for what Nginx would not take. */
  read(site: string): StandingCertificate | undefined
  /** Fingerprint of what Nginx gives visitors of a name; `undefined` when it gives none, or cannot be asked. */
  leaf(name: string): Promise<string | undefined>
  /** Has Nginx serve what lies on disk. Throws. */
  show(site: string): Promise<void>
  /** Resolves when no deployment is under way, or it has been waited for long enough. */
  quiet(signal: AbortSignal): Promise<void>
  /** Asks the CA, and puts what it gives on disk. Throws `CertificateError`. */
  obtain(wanted: WantedCertificate, reason: Reason, signal: AbortSignal): Promise<void>
  /** Why the CA is not asked yet, whatever it answered last; absent: it may be. */
  held?(wanted: WantedCertificate, reason: Reason): Held | undefined
  /** Removes what is nobody's any more; absent: nothing ever is. */
  tidy?(): void
  attempts: AttemptsRecord
  clock: Clock
  log: Log
}

/** What became of the attempts, also before a restart. */
export interface AttemptsRecord {
  get(site: string): Attempts | undefined
  set(site: string, attempts: Attempts): void
  clear(site: string): void
}

export interface Certificates {
  /** Has all of them looked at now: a file may be another one, or the config. */
  look(): void
  /** Resolves when it has stopped, after the signal. */
  ended: Promise<void>
}

/** How soon a file that somebody changed is seen. */
const LOOK_EVERY_MS = 60_000
/** A reload is done when new workers run. */
const TAKEN_WITHIN_MS = 30_000
const ASK_EVERY_MS = 250

/**
 * Keeps the certificates of sites: asks for those that are due, and has Nginx take what lies on disk whenever it is another one, be it
 * of ours, of Certbot's timer, or the administrator's. One site after the other: Certbot runs once at a time.
 */
export function keepCertificates(ports: CertificatePorts, signal: AbortSignal): Certificates {
  const { clock, log } = ports
  let wake = new AbortController()
  /** Those that Nginx was seen with, or was told of. */
  const taken = new Map<string, string>()
  /** What was said of a site, so that it is not said each minute. */
  const said = new Map<string, string>()

  const say = (
    site: string,
    message: string,
    { level = 'warn', ...details }: { level?: LogLevel; hint?: string } = {},
  ) => {
    if (said.get(site) === message) return
    said.set(site, message)
    log(level, message, { site, ...details })
  }

  const lookAt = async (wanted: WantedCertificate) => {
    const { site } = wanted
    let standing = read(wanted)
    if (standing !== undefined) await take(wanted, standing)
    const { held } = ports
    const step = nextStep(wanted, standing, {
      attempts: ports.attempts.get(site),
      ...defined({ held }),
      clock,
    })
    if (step.do === 'wait' && step.why !== undefined) {
      say(site, `no certificate for ${site} yet: ${step.why}`)
    }
    if (step.do !== 'obtain' || !(await attempt(wanted, step.reason))) return
    // its preview may have gone meanwhile
    if (!wantedNow().some((each) => each.site === site)) return
    standing = read(wanted)
    if (standing !== undefined) await take(wanted, standing)
  }

  const read = ({ site }: WantedCertificate): StandingCertificate | undefined => {
    try {
      return ports.read(site)
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      say(site, error.message, { hint: error.hint })
      return undefined
    }
  }

  /** Has Nginx serve it, unless it does, or visitors would only be frightened by it. */
  const take = async (
    { site, names, shownAt = names }: WantedCertificate,
    standing: StandingCertificate,
  ) => {
    const { fingerprint, notAfter } = standing
    if (clock.since(notAfter) >= 0) {
      say(site, `the certificate of ${site} is over since ${notAfter}`, { level: 'error' })
      return
    }
    const missing = names.filter((name) => !standing.covers(name))
    if (missing.length > 0) say(site, `the certificate of ${site} is not for ${missing.join(', ')}`)
    else said.delete(site)
    const name = shownAt.find(standing.covers)
    if (name === undefined || taken.get(site) === fingerprint) return
    if ((await ports.leaf(name)) !== fingerprint) {
      await ports.quiet(signal)
      await ports.show(site)
      const served = await servedBy(name, fingerprint)
      if (served !== undefined && served !== fingerprint) {
        say(site, `Nginx has another certificate for ${name} than the one of ${site}`, {
          hint: OTHER,
        })
      } else log('info', `Nginx has the certificate of ${site}`, { site, not_after: notAfter })
    }
    taken.set(site, fingerprint)
  }

  const servedBy = async (name: string, wanted: string): Promise<string | undefined> => {
    const began = clock.ms()
    for (;;) {
      const leaf = await ports.leaf(name)
      if (leaf === wanted || clock.ms() - began > TAKEN_WITHIN_MS) return leaf
      await clock.sleep(ASK_EVERY_MS, signal)
    }
  }

  /** Counted before it begins: one that ends the receiver is not begun again and again. */
  const attempt = async (wanted: WantedCertificate, reason: Reason): Promise<boolean> => {
    const { site } = wanted
    const what = describeWanted(wanted)
    const before = ports.attempts.get(site)
    const count = (before?.wanted === what ? before.count : 0) + 1
    const attempts = { wanted: what, count, lastAt: clock.now() }
    ports.attempts.set(site, attempts)
    log('info', `asking for a certificate for ${site}`, { site, names: wanted.names, reason })
    try {
      await ports.obtain(wanted, reason, signal)
      if (nextStep(wanted, read(wanted), { attempts: undefined, clock }).do === 'obtain') {
        throw new CertificateError('the CA gave one, and it does not lie where it has to', {
          hint: "`certbot certificates` shows what there is: a name of it that ends in -0001 is one too many, and another server's is renewed there",
        })
      }
      ports.attempts.clear(site)
      return true
    } catch (error) {
      // an orderly stop says nothing of the CA
      if (signal.aborted) {
        if (before === undefined) ports.attempts.clear(site)
        else ports.attempts.set(site, before)
        throw error
      }
      const { message, hint, retryAfterMs } = asCertificateError(error)
      const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
      ports.attempts.set(site, { ...attempts, message, hint, ...wait })
      log('warn', `no certificate for ${site}: ${message}`, { site, hint, attempts: count })
      return false
    }
  }

  const wantedNow = (): readonly WantedCertificate[] => {
    try {
      return ports.wanted()
    } catch (error) {
      log('error', 'which certificates sites are to have could not be seen', { error })
      return []
    }
  }

  const tidy = () => {
    try {
      ports.tidy?.()
    } catch (error) {
      log('error', 'certificates that are not needed any more could not be looked for', { error })
    }
  }

  const run = async () => {
    while (!signal.aborted) {
      wake = new AbortController()
      tidy()
      for (const wanted of wantedNow()) {
        try {
          await lookAt(wanted)
        } catch (error) {
          if (signal.aborted) return
          const { message, hint } = asCertificateError(error)
          say(wanted.site, `the certificate of ${wanted.site}: ${message}`, { hint })
        }
      }
      await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, wake.signal])).catch(() => {})
    }
  }

  return { look: () => wake.abort(), ended: run() }
}

const OTHER =
  'another site of Nginx has that name, or it could not be reloaded: deploy-receiver doctor'

/** Whatever else is thrown has its own words, and perhaps a remedy. */
function asCertificateError(error: unknown): CertificateError {
  if (error instanceof CertificateError) return error
  const { message = String(error), hint = "the receiver's log says more" } = (error ?? {}) as {
    message?: string
    hint?: string
  }
  return new CertificateError(message, { hint, cause: error })
}
