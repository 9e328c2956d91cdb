import { appService } from './app-service.ts'
import { compose, composeProxy } from './compose.ts'
import { kamal } from './kamal.ts'
import type { Move } from './move.ts'
import type { Visits } from './visitors.ts'

const MOVES: Record<string, Move> = {
  kamal,
  compose,
  'compose-proxy': composeProxy,
  'app-service': appService,
}

/** How a connection ends that nobody listens for any more, or whose name Nginx does not have yet. */
const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPROTO'])

const name = process.argv[2] ?? ''
const move = MOVES[name]
if (move === undefined) throw new Error(`${name}: it is one of ${Object.keys(MOVES).join(', ')}`)
// whatever a failed one still listens at
process.exit(await carryOut(move))

async function carryOut({
  before,
  move: moveOver,
  after,
  orders,
  kept,
  mayRefuse = false,
}: Move): Promise<number> {
  const visitors = await before()
  const began = performance.now()
  let visits: Visits | undefined
  try {
    await moveOver(visitors)
    await after()
  } finally {
    visits = await visitors.stop()
  }
  const minutes = (performance.now() - began) / 60_000
  const rows = (await orders()).split('\n')
  const lost = visits.taken.filter((order) => !rows.includes(order))
  const problems = [
    ...(lost.length > 0 ? [`${lost.length} orders are not in the database`] : []),
    ...(rows[0] === 'a row of before' ? [] : ['the row of before is gone']),
    ...((await kept()) ? [] : ['the files of before are gone']),
    ...(visits.versions.has('two') ? [] : ['nobody has seen the push']),
  ]
  const reasons = [...visits.failures.values()]
  const failed = reasons.reduce((sum, { times }) => sum + times, 0)
  const seconds =
    Math.max(...reasons.map(({ last }) => last)) - Math.min(...reasons.map(({ first }) => first))
  console.log(
    `${name}: ${visits.requests} requests, ${failed === 0 ? 'none failed' : `${failed} failed within ${seconds.toFixed(1)} s`}, \
${visits.taken.length} orders taken, ${lost.length} lost, ${minutes.toFixed(1)} minutes`,
  )
  for (const [reason, { times, first, last }] of visits.failures) {
    console.log(
      `${name}: ${times} × ${reason}, from second ${first.toFixed(1)} to ${last.toFixed(1)}`,
    )
  }
  for (const problem of problems) console.log(`${name}: ${problem}`)
  const isAllowed = (reason: string) => mayRefuse && REFUSED.has(reason)
  return problems.length === 0 && [...visits.failures.keys()].every(isAllowed) ? 0 : 1
}
