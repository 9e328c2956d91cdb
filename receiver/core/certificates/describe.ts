import { defined } from '../defined.ts'
import { failed, type Finding, of } from '../finding.ts'
import { CertificateError } from './error.ts'
import type { CertificatePorts } from './keep.ts'
import { nextStep } from './next-step.ts'
import type { StandingCertificate, WantedCertificate } from './certificate.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** With less left than this something has gone wrong for a long time, and somebody has to look. */
const LITTLE_DAYS = 7

type Ports = Pick<CertificatePorts, 'read' | 'leaf' | 'held' | 'attempts' | 'clock'> & {
  /** Another one that visitors of the site get until it has its own, and what it is called. */
  lent(site: string): (StandingCertificate & { from: string }) | undefined
}

/** How a site's certificate is, for people: how long it is good for, or why there is none and when that is tried next. */
export async function describeCertificate(
  wanted: WantedCertificate,
  ports: Ports,
): Promise<Finding> {
  const subject = of('certificate', wanted.site)
  const { read, clock, lent } = ports
  try {
    const standing = read(wanted.site)
    const { failure, hint } = failureOf(wanted, standing, ports)
    const tell = (ok: boolean, parts: readonly string[], remedy: string | undefined): Finding => ({
      ...subject,
      ok,
      message: parts.join('; '),
      ...(remedy === undefined ? {} : { hint: remedy }),
    })
    if (standing !== undefined) {
      const faults = [
        ...(await faultsOf(standing, wanted, ports)),
        ...(failure === undefined ? [] : [failure]),
      ]
      const { days, life } = lifeOf(standing, clock)
      const ok = faults.length === (failure === undefined ? 0 : 1) && days >= LITTLE_DAYS
      const remedy = hint ?? (ok || wanted.ca !== undefined ? undefined : FILES)
      return tell(ok, [life, ...faults], remedy)
    }
    if (wanted.ca === undefined) return tell(false, ['there is none'], FILES)
    const why = failure ?? 'the CA is being asked'
    const other = lent(wanted.site)
    if (other === undefined) return tell(failure === undefined, [`none yet: ${why}`], hint)
    const { days, life } = lifeOf(other, clock)
    const faults = await faultsOf(other, wanted, ports)
    const ok = faults.length === 0 && days >= LITTLE_DAYS
    const served = `none of its own yet: ${why}`
    return tell(ok, [served, `until then visitors get ${other.from}, ${life}`, ...faults], hint)
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    return failed(subject, error)
  }
}

/** What keeps a site from the certificate that it is to have, and when that is tried next; nothing when the CA may be asked. */
function failureOf(
  wanted: WantedCertificate,
  standing: StandingCertificate | undefined,
  { attempts, held, clock }: Pick<Ports, 'attempts' | 'held' | 'clock'>,
): { failure?: string; hint?: string } {
  const tries = attempts.get(wanted.site)
  const step = nextStep(wanted, standing, { attempts: tries, ...defined({ held }), clock })
  if (step.do === 'nothing') return {}
  const next = step.do === 'wait' ? `; it is tried again in ${inWords(step.ms)}` : ''
  if (step.do === 'wait' && step.why !== undefined) return { failure: `${step.why}${next}` }
  if (tries?.message === undefined) return {}
  return { failure: `${tries.message}${next}`, ...defined({ hint: tries.hint }) }
}

/** Why visitors of a name come to it without TLS, in one line; `undefined`: they come over TLS as soon as Nginx has it. */
export function whyPlain(
  wanted: WantedCertificate,
  name: string,
  ports: Pick<Ports, 'read' | 'attempts' | 'held' | 'clock'>,
): string | undefined {
  try {
    const standing = ports.read(wanted.site)
    if (standing?.covers(name) === true && ports.clock.since(standing.notAfter) < 0)
      return undefined
    if (wanted.ca === undefined) return 'there is no certificate'
    return forStrangers(failureOf(wanted, standing, ports).failure ?? COMES)
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    return forStrangers(error.message)
  }
}

/** Whoever may read a pull request reads it: where files of the machine lie is not for him. */
const forStrangers = (text: string): string =>
  /(?:^|[\s'"`(=:])\/[\w.-]/.test(text) ? ON_THE_MACHINE : text

const ON_THE_MACHINE =
  'no certificate was had for it: `deploy-receiver certificates`, on the VM, says why'

const COMES = 'its certificate comes when it is live, within a minute or so'

function lifeOf({ notAfter }: StandingCertificate, clock: Ports['clock']) {
  const leftMs = -clock.since(notAfter)
  const days = Math.floor(leftMs / DAY_MS)
  if (leftMs <= 0) return { days, life: `over since ${notAfter}` }
  return { days, life: `good for ${days} more days, until ${notAfter}` }
}

/** What visitors miss of it, whatever its time is. */
async function faultsOf(
  { covers, notAfter, fingerprint }: StandingCertificate,
  { names, shownAt = names }: WantedCertificate,
  { leaf, clock }: Pick<Ports, 'leaf' | 'clock'>,
): Promise<string[]> {
  const missing = names.filter((name) => !covers(name))
  const covered = shownAt.find(covers)
  const isOver = clock.since(notAfter) >= 0
  const served = covered === undefined || isOver ? undefined : await leaf(covered)
  return [
    ...(missing.length === 0 ? [] : [`not for ${missing.join(', ')}`]),
    ...(served === undefined || served === fingerprint ? [] : ['Nginx has another one']),
  ]
}

const FILES =
  'put a certificate of these names, and its key, where tls of the app says: it is taken within a minute'

function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
