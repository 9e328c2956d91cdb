import type { AuditEntry, AuditTrail } from '../core/intake/audit.ts'
import type { Log } from '../core/log.ts'

/** What came of a request that made no deployment. */
export type Refusal = Omit<AuditEntry, 'at' | 'last_at' | 'count'>

/** The log and the audit trail of what made no deployment. */
export interface Refusals {
  note(refusal: Refusal): void
  /** Writes what has come together; every second, and at the end. */
  flush(): void
}

/** So many kinds of refusals are told apart within an hour; with more, the rest is counted together. */
const MAX_GROUPS = 1000
const GROUP_MS = 60 * 60 * 1000
const LOG_EVERY_MS = 60 * 1000

interface Group {
  refusal: Refusal
  since: number
  last: number
  loggedAt: number
  /** Not in the audit trail yet, not in the log yet. */
  unwritten: number
  unlogged: number
  /** Of the last one: the first one's is in the audit trail. */
  requestId?: string
  entry?: number
}

/**
 * Counts refusals that are alike (same address, app, sender's kind and reason) instead of writing each: the first is logged at once, then
 * how many there were, once a minute; the audit trail has one entry an hour for them. A flood thus costs memory for a
 * bounded number of groups, one write a second, and no disk. `now` is in milliseconds.
 */
export function createRefusals(
  {
    audit,
    transaction,
    log,
  }: { audit: AuditTrail; transaction: (work: () => void) => void; log: Log },
  now: () => number,
): Refusals {
  const groups = new Map<string, Group>()

  const groupOf = (refusal: Refusal): Group => {
    const key = keyOf(refusal)
    const known = groups.get(key)
    if (known !== undefined) return known
    const isOneMore = groups.size >= MAX_GROUPS && key !== OVERFLOW_KEY
    if (isOneMore) return groups.get(OVERFLOW_KEY) ?? groupOf(OVERFLOW)
    const group = { refusal, since: now(), last: 0, loggedAt: 0, unwritten: 0, unlogged: 0 }
    groups.set(key, group)
    return group
  }

  const tell = (group: Group) => {
    const { outcome, app, address, sender, reason, deployment } = group.refusal
    const { requestId } = group
    log(outcome === 'rejected' || outcome === 'refused' ? 'warn' : 'info', `hook ${outcome}`, {
      ...(app === undefined ? {} : { app }),
      ...(address === undefined ? {} : { address }),
      sender,
      ...(reason === undefined ? {} : { reason }),
      ...(deployment === undefined ? {} : { deployment }),
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(group.unlogged > 1 ? { count: group.unlogged } : {}),
    })
    group.unlogged = 0
    group.loggedAt = now()
  }

  return {
    note(refusal) {
      const group = groupOf(refusal)
      if (refusal.request_id !== undefined) group.requestId = refusal.request_id
      group.last = now()
      group.unwritten++
      group.unlogged++
      if (group.loggedAt === 0) tell(group)
    },

    flush() {
      const changed = [...groups.values()].filter(({ unwritten }) => unwritten > 0)
      if (changed.length > 0) {
        const entries = new Map<Group, number>()
        transaction(() => {
          for (const group of changed) entries.set(group, write(group, audit))
        })
        // only what is durable counts as written
        for (const [group, entry] of entries) Object.assign(group, { entry, unwritten: 0 })
      }
      for (const [key, group] of groups) {
        if (group.unlogged > 0 && now() - group.loggedAt >= LOG_EVERY_MS) tell(group)
        if (now() - group.since >= GROUP_MS && group.unlogged === 0) groups.delete(key)
      }
    },
  }
}

/** The number of the group's entry. */
function write({ refusal, since, last, unwritten, entry }: Group, audit: AuditTrail): number {
  const lastAt = new Date(last).toISOString()
  if (entry !== undefined) {
    audit.repeat(entry, unwritten, lastAt)
    return entry
  }
  const at = new Date(since).toISOString()
  return audit.add({ ...refusal, at, last_at: lastAt, count: unwritten })
}

const OVERFLOW: Refusal = {
  sender: { kind: 'none' },
  outcome: 'rejected',
  reason: 'many different requests were rejected: these are counted together',
}

const keyOf = ({ app, address, sender, outcome, reason, request, deployment }: Refusal): string =>
  JSON.stringify([app, address, sender.kind, sender.key, outcome, reason, request, deployment])
const OVERFLOW_KEY = keyOf(OVERFLOW)
