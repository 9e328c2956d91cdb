import type { Finding } from '../finding.ts'
import { failed, found, of } from '../finding.ts'
import type { TargetRecord } from './outbox.ts'

/** A target, and how it is told lately. */
export interface TargetState extends TargetRecord {
  name: string
  kind: string
}

/** Of one that it was tried with. */
export interface Trial {
  name: string
  kind: string
  ok: boolean
  /** What it answered, or why it did not. */
  answer: string
  hint?: string
}

/** The same for whoever looks whether all is as it has to be. */
export function findingOf({
  name,
  waiting,
  failing,
  dropped,
  lastDrop,
  toldAt,
}: TargetState): Finding {
  const subject = of('notify', name)
  const hint = `deploy-receiver notify test ${name} tries it; docs/notifications.md`
  if (failing !== undefined) {
    const some = `${waiting} ${waiting === 1 ? 'message waits' : 'messages wait'} since ${failing.since}`
    return failed(subject, Object.assign(new Error(`${failing.why}; ${some}`), { hint }))
  }
  if (dropped > 0 && lastDrop !== undefined && (toldAt === undefined || toldAt < lastDrop.at)) {
    const some = `${dropped} ${dropped === 1 ? 'message was' : 'messages were'} dropped within a week`
    return failed(subject, Object.assign(new Error(`${some}, the last: ${lastDrop.why}`), { hint }))
  }
  return found(subject, toldAt === undefined ? 'nothing was told yet' : `last told ${toldAt}`)
}
