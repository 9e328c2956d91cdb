import { isFinal } from '../protocol/deployment.ts'
import { askDeployment } from './follow.ts'
import type { Part } from './part.ts'
import type { Result } from './summary.ts'

/** Asks a receiver once more for what could not be followed to its end: that may have come since. */
export async function askAgain(part: Part): Promise<void> {
  const { result, back } = part
  delete part.unasked
  try {
    if (result !== undefined) part.result = await asked(result)
    if (back?.result !== undefined) part.back = { ...back, result: await asked(back.result) }
  } catch (error) {
    part.unasked = error
  }
}

/** @throws ActionError as `askDeployment` */
async function asked(result: Result): Promise<Result> {
  const { status, follow } = result
  if (follow === undefined || status === 'accepted' || isFinal(status)) return result
  const deployment = await askDeployment(follow)
  return { ...result, status: deployment.status, deployment }
}
