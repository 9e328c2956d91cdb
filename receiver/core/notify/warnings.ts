import type { Clock } from '../clock.ts'
import type { News, Warning } from './news.ts'
import type { Outbox } from './outbox.ts'
import { heardBy, type Target } from './target.ts'

/** What a look at a certificate or a disk came to. */
export interface Looked extends Warning {
  kind: 'certificate' | 'disk'
  /** `warning`: it goes wrong in some days, `failure`: it is wrong. */
  level: 'ok' | 'warning' | 'failure'
}

/** What was told of a subject. */
export interface Told {
  level: 'warning' | 'failure'
  /** Since when it has been as it has to be; ISO 8601. */
  okSince?: string
}

/** The durable record of what was told. */
export interface ToldRecord {
  get(subject: string): Told | undefined
  set(subject: string, told: Told): void
  clear(subject: string): void
}

/** What is good again for so long is news when it goes wrong once more: a disk at its limit is not told of each time. */
const GOOD_AGAIN_MS = 6 * 60 * 60 * 1000

/**
 * Makes news of what is wrong, once, and once more when it gets worse. What was seen once may be a moment: it counts when the look before
 * saw it too.
 */
export function createWarnings({
  told,
  outbox,
  targets,
  transaction,
  clock,
}: {
  told: ToldRecord
  outbox: Pick<Outbox, 'add'>
  targets: () => readonly Target[]
  transaction: (work: () => void) => void
  clock: Pick<Clock, 'now' | 'since'>
}): (looked: readonly Looked[]) => void {
  let before = new Map<string, Looked['level']>()

  const judge = ({ level, ...looked }: Looked, seenBefore: Looked['level'] | undefined) => {
    const { subject } = looked
    const last = told.get(subject)
    if (level === 'ok') {
      if (last === undefined) return
      if (last.okSince === undefined) told.set(subject, { ...last, okSince: clock.now() })
      else if (clock.since(last.okSince) >= GOOD_AGAIN_MS) told.clear(subject)
      return
    }
    const isWorse = last === undefined || (last.level === 'warning' && level === 'failure')
    if (isWorse && seenBefore !== undefined && WEIGHT[seenBefore] >= WEIGHT[level]) {
      announce(looked)
      told.set(subject, { level })
    } else if (last?.okSince !== undefined) told.set(subject, { level: last.level })
  }

  const announce = ({ kind, ...warning }: Omit<Looked, 'level'>) => {
    const at = clock.now()
    const news: News = { kind, at, warning }
    for (const target of targets()) {
      if (heardBy(target, [kind], warning.app) === undefined) continue
      outbox.add({ target: target.name, news: `${warning.subject} at ${at}`, content: news, at })
    }
  }

  return (looked) => {
    transaction(() => {
      for (const each of looked) judge(each, before.get(each.subject))
    })
    before = new Map(looked.map(({ subject, level }) => [subject, level]))
  }
}

const WEIGHT = { ok: 0, warning: 1, failure: 2 } as const
