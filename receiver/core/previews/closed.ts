import type { Clock } from '../clock.ts'
import type { Report } from '../log.ts'
import type { PreviewNews } from '../notify/news.ts'
import type { Preview, PreviewRecord } from './preview.ts'
import { takeAway } from './take-away.ts'

/** What a preview is of. */
export type Subject = {
  /** `owner/name`. */
  repository: string
} & ({ pullRequest: number } | { branch: string })

export interface ClosedPorts {
  record: PreviewRecord
  transaction<T>(work: () => T): T
  /** `undefined`: nobody knows, and it is left to its `ttl`. */
  subjectOf(preview: Preview): Subject | undefined
  /** Whether a pull request is open, or a branch there. Throws an error that says why it cannot be asked. */
  isOpen(subject: Subject, signal: AbortSignal): Promise<boolean>
  /** Tells who wants to hear of it what became of one; nothing twice under one name. */
  announce(news: PreviewNews, once: string): void
  /** Some are to go by the record. */
  changed(): void
  clock: Clock
  report: Report
}

/** Time for the removal by a workflow itself, which comes first where one is at work. */
const FIRST_MS = 10 * 60_000
/** Between two looks: what the first one names the next one removes. */
export const LOOK_AGAIN_MS = 24 * 60 * 60_000
/** As long as a look that follows on a restart leaves it alone. */
const NAMED_FOR_MS = LOOK_AGAIN_MS / 2

/**
 * Looks once a day for previews whose pull request is closed, or whose branch is gone: such a one is named first, and removed when the
 * next look finds the same. What cannot be asked removes nothing. Resolves after the signal.
 */
export async function watchClosed(ports: ClosedPorts, signal: AbortSignal): Promise<void> {
  const look = createLook(ports, signal)
  for (let ms = FIRST_MS; !signal.aborted; ms = LOOK_AGAIN_MS) {
    await ports.clock.sleep(ms, signal).catch(() => {})
    if (signal.aborted) return
    await look().catch((error: unknown) => {
      if (!signal.aborted)
        ports.report('previews without a pull request were not looked for', { error })
    })
  }
}

const KEPT = 'it stays when its pull request is open again, or when it is deployed again, by then'

/** One look. It says once of each repository why it cannot be asked, until it can. */
export function createLook(ports: ClosedPorts, signal: AbortSignal): () => Promise<void> {
  const { record, subjectOf, isOpen, report } = ports
  let unasked = new Set<string>()
  return async () => {
    const failed = new Set<string>()
    for (const preview of record.all()) {
      const subject = preview.leavesSince === undefined ? subjectOf(preview) : undefined
      if (subject === undefined || failed.has(subject.repository)) continue
      const { repository } = subject
      try {
        judge(preview, subject, { ...ports, open: await isOpen(subject, signal) })
      } catch (error) {
        signal.throwIfAborted()
        failed.add(repository)
        if (unasked.has(repository)) continue
        report('whether pull requests of previews are open cannot be asked', { repository, error })
      }
    }
    unasked = failed
  }
}

function judge(
  asked: Preview,
  subject: Subject,
  { open, record, transaction, announce, changed, clock, report }: ClosedPorts & { open: boolean },
): void {
  const { app, of } = asked
  transaction(() => {
    const preview = record.get(app)
    // deployed, or taken away, while GitHub was asked
    if (preview?.deployedAt !== asked.deployedAt || preview.leavesSince !== undefined) return
    const { closedSince, ...rest } = preview
    if (open) {
      if (closedSince !== undefined) record.put(rest)
      return
    }
    const why = describe(subject)
    if (closedSince === undefined) {
      record.put({ ...rest, closedSince: clock.now() })
      report(`a preview lives on: ${why}; it is removed in a day, if that is still so`, { app })
      announce({ app, of, became: 'closed', message: why, hint: KEPT }, clock.now())
      return
    }
    if (clock.since(closedSince) < NAMED_FOR_MS) return
    report(`a preview goes: ${why}`, { app, closed_since: closedSince }, 'info')
    takeAway({ app, of }, { record, now: clock.now() })
  })
  if (record.get(app)?.leavesSince !== undefined) changed()
}

const describe = (subject: Subject): string =>
  'pullRequest' in subject
    ? `pull request ${subject.repository}#${subject.pullRequest} is closed`
    : `${subject.repository} has no branch ${JSON.stringify(subject.branch)} any more`
