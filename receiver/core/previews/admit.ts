import { branchMark, type Origin, PreviewError, type PreviewRecord } from './preview.ts'

export interface Wanted {
  app: string
  of: string
  /** The run of a workflow that asks, where there is one: later ones have greater numbers. */
  run?: number
  /** Of the pull request whose token it is. */
  origin?: Origin
}

/**
 * Puts a preview on record that is to be deployed. A new one is refused past `max`, one that is there never; and what a newer run has
 * taken away comes back by no older one, which only waited its turn. Within the transaction of its deployment. Throws `PreviewError`.
 */
export function admitPreview(
  wanted: Wanted,
  { max, record, now }: { max: number; record: PreviewRecord; now: string },
): void {
  const { app, of, origin } = wanted
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
    const others = record.all().filter((each) => each.of === of)
    if (others.length >= max) {
      throw new PreviewError(
        'too_many_previews',
        `${of} has ${others.length} previews, and previews.max is ${max}: ${app} is not made`,
        `close a pull request, or on the VM: deploy-receiver remove ${others[0]?.app ?? `${of}--NAME`}; those that are there are updated all the same`,
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
  })
}

/** Throws when a newer run took away what this one is to make. */
function refuseLate({ app, of, run, origin }: Wanted, record: PreviewRecord): void {
  if (run === undefined) return
  const marks = [app, ...(origin === undefined ? [] : [branchMark(of, origin)])]
  const newer = marks.map((mark) => record.removedBy(mark) ?? 0).find((by) => by > run)
  if (newer === undefined) return
  throw new PreviewError(
    'preview_removed',
    `${app} was removed by run ${newer}, which is newer than this one, ${run}`,
    'its pull request was closed meanwhile: reopen it, or push to it, if it is to be there again',
  )
}
