import { Hono } from 'hono'
import type { AuditTrail } from '../../core/intake/audit.ts'
import type { AuditServices } from '../admin/audit.ts'
import { requests } from './requests.ts'
import type { Inside, ShowScreen } from './screen.ts'

const SHOWN = 50
/** Of the trail at once, and how often for one page: those that were refused may be far apart. */
const READ_AT_ONCE = 200
const MOST_READS = 20

export interface RequestServices extends AuditServices {
  intake: { nowSeconds(): number }
}

/** Who asked for what, and what came of it. */
export const requestRoutes = (
  { audit, refusals, intake }: RequestServices,
  screen: ShowScreen,
): Hono<Inside> =>
  new Hono<Inside>().get('/requests', (c) => {
    // what is still counted belongs to it
    refusals.flush()
    const only = c.req.query('only') === 'refused' ? 'refused' : undefined
    const before = Number(c.req.query('before') ?? Number.NaN)
    const found = read(audit, { before: Number.isInteger(before) ? before : undefined, only })
    const shown = found.slice(0, SHOWN)
    const older = found.length > SHOWN ? shown.at(-1)?.number : undefined
    const body = requests(shown, { older, only, nowMs: intake.nowSeconds() * 1000 })
    return screen(c, { title: 'Requests', menu: 'requests', body })
  })

const REFUSED: ReadonlySet<string> = new Set(['rejected', 'refused', 'repeated'])

/** Whole pages of the trail, until there is enough of what is wanted. */
function read(
  audit: Pick<AuditTrail, 'list'>,
  { before, only }: { before: number | undefined; only: 'refused' | undefined },
): ReturnType<AuditTrail['list']> {
  const found: ReturnType<AuditTrail['list']> = []
  let from = before
  for (let reads = 0; reads < MOST_READS && found.length <= SHOWN; reads++) {
    const some = audit.list({
      limit: READ_AT_ONCE,
      ...(from === undefined ? {} : { before: from }),
    })
    found.push(...some.filter(({ outcome }) => only === undefined || REFUSED.has(outcome)))
    from = some.at(-1)?.number
    if (some.length < READ_AT_ONCE) break
  }
  return found
}
