import type { Seen } from '../../../core/slots/maintenance.ts'
import { UP_PATH } from '../render/up.ts'
import { doorsOf, nameOf } from './doors.ts'
import { knock } from './knock.ts'

/** Asks Nginx as a load balancer does that knows this machine by its address alone, at each `listen`. Never rejects. */
export const askAsBalancer = (listens: readonly string[]): Promise<Seen[]> =>
  Promise.all(
    listens
      .flatMap((listen) => {
        const [door] = doorsOf(listen)
        return door === undefined ? [] : [door]
      })
      .map(async (door) => {
        // nobody says a zero: whatever comes is told by its status
        const answer = await knock(door, { host: nameOf(door), path: UP_PATH, says: '\0' })
        const at = `http://${nameOf(door)}${UP_PATH}`
        return answer.kind === 'other' ? { at, status: answer.status } : { at }
      }),
  )
