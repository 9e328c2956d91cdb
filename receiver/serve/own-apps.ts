import type { Deployment } from '../../protocol/deployment.ts'
import type { AppThere } from '../core/fleet/fleet.ts'

/** The apps of this receiver, as the others of a fleet tell theirs. */
export const ownApps = (
  names: Iterable<string>,
  archive: {
    live(app: string): { deployment: Deployment } | undefined
    next(app: string): { deployment: Deployment } | undefined
    recent(app: string): Iterable<Deployment>
  },
): AppThere[] =>
  [...names].map((name) => {
    const live = archive.live(name)?.deployment
    const { digest, tag } = live?.image ?? {}
    const [last] = archive.recent(name)
    const next = archive.next(name)?.deployment
    return {
      name,
      ...(live === undefined || digest === undefined
        ? {}
        : {
            live: {
              digest,
              ...(tag === undefined ? {} : { tag }),
              ...(live.live_at === undefined ? {} : { since: live.live_at }),
              ...(live.source.release === undefined ? {} : { release: live.source.release }),
            },
          }),
      ...(next === undefined ? {} : { underWay: next.status }),
      lastFailed: last?.status === 'failed',
    }
  })
