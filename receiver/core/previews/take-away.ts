import {
  branchMark,
  type Origin,
  type Preview,
  type PreviewRecord,
  type Removal,
} from './preview.ts'

/**
 * Has a preview go, and leaves a mark against what was asked for before, and waits. Within a transaction: what stands is removed
 * afterwards. Returns what there is to remove; nothing when there is none.
 */
export function takeAway(
  {
    app,
    of,
    run,
    branch,
  }: {
    /** Absent: whoever asks says no more than whose branch it was. */
    app: string | undefined
    of: string
    run?: number
    branch?: Origin
  },
  { record, now }: { record: PreviewRecord; now: string },
): Preview | undefined {
  const known = app === undefined ? undefined : record.get(app)
  const deployedBy = known?.run
  const how: Removal = run !== undefined ? { run } : deployedBy === undefined ? {} : { deployedBy }
  if (app !== undefined) record.markRemoved(app, { ...how, at: now })
  if (branch !== undefined) record.markRemoved(branchMark(of, branch), { ...how, at: now })
  if (known === undefined) return undefined
  if (known.leavesSince === undefined) record.put({ ...known, leavesSince: now })
  return known
}
