import { askAgain } from './ask-again.ts'
import { deployTo, type Order } from './deploy.ts'
import { endOf } from './end-of-several.ts'
import { ActionError } from './error.ts'
import { inTurn } from './in-turn.ts'
import { say, warn } from './log.ts'
import type { Part, Plan } from './part.ts'
import { reportFailure } from './report.ts'
import { takeBack } from './take-back.ts'

/**
 * Deploys to each receiver, so many at once, in their order. After a failure no other is begun, unless the plan is to continue;
 * those at work are followed to their end, and if the plan says so, all are taken back. What became of each is in its part.
 * @throws ActionError of the first that failed, and `cancelled`
 */
export const deployToAll = async (
  parts: readonly Part[],
  order: Order,
  plan: Plan,
): Promise<void> => {
  const { signal } = order
  const hasFailed = () => parts.some(({ error }) => error !== undefined)
  await inTurn(parts, { ...plan, signal }, async (part, index) => {
    if (plan.onFailure !== 'continue' && hasFailed()) return
    if (parts.length > 1) say(`receiver ${index + 1} of ${parts.length}`)
    await deployPart(part, order, plan)
  })
  if (hasFailed() && parts.length > 1 && !signal.aborted) {
    if (plan.onFailure === 'rollback') await takeBack(parts, order, plan)
    if (!signal.aborted) await Promise.all(parts.map(askAgain))
  }
  const end = endOf(parts, signal.aborted)
  if (end !== undefined) throw end
}

async function deployPart(part: Part, order: Order, { onChange }: Plan): Promise<void> {
  const { target } = part
  const isOneOfMany = order.release !== undefined
  onChange(part)
  try {
    const { status, deployment } = await deployTo(target, order, (result) => {
      part.result = result
      onChange(part)
    })
    if (status === 'failed' && deployment !== undefined) {
      part.error = reportFailure(deployment, isOneOfMany ? part.name : '')
    }
    if (status === 'superseded')
      warn(`${target.app}: a newer deployment took the place of this one`)
  } catch (error) {
    part.error = error
    if (!order.signal.aborted && error instanceof ActionError) say(`✗ ${error.message}`)
  }
  onChange(part)
}
