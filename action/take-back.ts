import { shortDigest } from '../protocol/image-reference.ts'
import { deployTo, type Order } from './deploy.ts'
import { ActionError } from './error.ts'
import { askAgain } from './ask-again.ts'
import { say } from './log.ts'
import { reportFailure } from './report.ts'
import { inTurn } from './in-turn.ts'
import type { Part, Plan } from './part.ts'

/**
 * Takes every receiver on which it went live, or still may, back to the deployment that its own answer named as the one before:
 * the last one first. What became of each is in its part.
 */
export const takeBack = async (parts: readonly Part[], order: Order, plan: Plan): Promise<void> => {
  const taken = parts.filter(({ result }) => result !== undefined).toReversed()
  if (taken.length === 0) return
  say('rolling back: every receiver is to run what it had')
  await inTurn(taken, { ...plan, signal: order.signal }, async (part) => {
    await askAgain(part)
    await takePartBack(part, order, plan)
  })
}

async function takePartBack(part: Part, order: Order, { onChange }: Plan): Promise<void> {
  const { name, result } = part
  if (result === undefined || result.status === 'failed' || result.status === 'superseded') return
  const { deployment } = result
  const previous = deployment?.previous
  if (previous === undefined || previous.digest === deployment?.image.digest) {
    part.stays = whyItStays(part)
    say(`${name}: ${part.stays}`)
    return onChange(part)
  }
  const backTo = {
    deployment: previous.deployment,
    shown: `${shortDigest(previous.digest)}, which it had`,
  }
  part.back = {}
  try {
    const { status, deployment: ended } = await deployTo(
      part.target,
      { ...withoutImage(order), backTo },
      (said) => {
        part.back = { result: said }
        onChange(part)
      },
    )
    if (status === 'failed' && ended !== undefined) {
      part.back = { ...part.back, error: reportFailure(ended, name) }
    }
  } catch (error) {
    part.back = { ...part.back, error }
    if (!order.signal.aborted && error instanceof ActionError) {
      say(`✗ not rolled back: ${error.message}`)
    }
  }
  onChange(part)
}

function withoutImage(order: Order): Order {
  const { builtDigest: _, ...others } = order
  return { ...others, image: '', attestations: [] }
}

function whyItStays({ result }: Part): string {
  if (result?.status === 'accepted') return 'it does not say what it had, so it stays'
  if (result?.deployment?.previous !== undefined) return 'it had this very digest, so it stays'
  return result?.deployment?.image.digest === undefined
    ? 'what it had is not known, so it stays'
    : 'nothing ran there before, so this first deployment stays'
}
