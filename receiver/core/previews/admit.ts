import {
  branchMark,
  type Origin,
  PreviewError,
  type PreviewRecord,
  type Removals,
  type Run,
} from './preview.ts'
import { roomIn } from './room.ts'

export interface Wanted {
  app: string
  of: string
  /** That asks, where one does. */
  run?: Run
  /** ISO 8601, UTC, as a clock says it. When whatever it is made for happened, as far as that is known: a push, or the signature at the latest. */
  askedAt?: string
  /** Of the pull request whose token it is. */
  origin?: Origin
}

/**
 * Puts a preview on record that is to be deployed. A new one is refused past `max`, or without room, one that is there never; and what was taken away
 * comes back by no run that is older than that, which only waited its turn. Within the transaction of its deployment. Throws `PreviewError`.
 */
export function admitPreview(
  wanted: Wanted,
  {
    max,
    subnet,
    record,
    now,
  }: {
    max: number
    /** In which all previews of this machine stand; absent: in none. */
    subnet: string | undefined
    record: PreviewRecord
    now: string
  },
): void {
  const { app, of, origin, run } = wanted
  refuseLate(wanted, record)
  const known = record.get(app)
  if (known?.leavesSince !== undefined) {
    throw new PreviewError(
      'preview_leaves',
      `${app} is being removed at this moment`,
      'ask for it again in a moment',
    )
  }
  if (known === undefined) {
    const all = record.all()
    const others = all.filter((each) => each.of === of)
    if (others.length >= max) {
      throw new PreviewError(
        'too_many_previews',
        `${of} has ${others.length} previews, and previews.max is ${max}: ${app} is not made`,
        `close a pull request, or on the VM: deploy-receiver remove ${others[0]?.app ?? `${of}--NAME`}; those that are there are updated all the same`,
      )
    }
    if (subnet !== undefined && all.length >= roomIn(subnet)) {
      throw new PreviewError(
        'too_many_previews',
        `there are ${all.length} previews, and their network ${subnet} has room for ${roomIn(subnet)}: ${app} is not made`,
        `give network.previews a larger one, or on the VM: deploy-receiver remove ${all[0]?.app}; those that are there are updated all the same`,
      )
    }
  }
  const kept = origin ?? known?.origin
  record.put({
    app,
    of,
    madeAt: known?.madeAt ?? now,
    deployedAt: now,
    ...(kept === undefined ? {} : { origin: kept }),
    ...(run === undefined ? {} : { run }),
  })
}

/** Throws when it was taken away since this was asked for. */
function refuseLate(wanted: Wanted, record: PreviewRecord): void {
  const { app, of, run, origin } = wanted
  const marks = [app, ...(origin === undefined ? [] : [branchMark(of, origin)])]
  for (const removals of marks.map((mark) => record.removals(mark))) {
    if (run !== undefined && removals.run !== undefined && removals.run > run.id) {
      throw new PreviewError(
        'preview_removed',
        `${app} was removed by run ${removals.run}, which is newer than this one, ${run.id}`,
        'its pull request was closed meanwhile: reopen it, or push to it, if it is to be there again',
        removals.run,
      )
    }
    if (isBefore(wanted, removals.byNone)) {
      throw new PreviewError(
        'preview_removed',
        `${app} was removed at ${removals.byNone?.at}, by hand or when its time was over (previews.ttl), and this was asked for before`,
        'push once more, or have the workflow run again, if it is to be there again',
      )
    }
  }
}

/** A run that had deployed it already, or something that happened before it was gone. */
function isBefore(
  { run, askedAt }: Pick<Wanted, 'run' | 'askedAt'>,
  byNone: Removals['byNone'],
): boolean {
  if (byNone === undefined) return false
  const { at, deployedBy } = byNone
  if (askedAt !== undefined && askedAt < at) return true
  if (run === undefined || deployedBy === undefined) return false
  return run.id < deployedBy.id || (run.id === deployedBy.id && run.attempt <= deployedBy.attempt)
}
