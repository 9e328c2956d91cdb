import { ActionError } from './error.ts'
import type { Part } from './part.ts'
import { countsOf, standingOf } from './standing.ts'

/** The error that ends a job, if one does: of several receivers the first one's, and how many are where. */
export const endOf = (parts: readonly Part[], isCancelled: boolean): unknown => {
  const failed = parts.filter(({ error }) => error !== undefined)
  const [first] = failed
  if (parts.length === 1) return first?.error
  if (isCancelled && parts.some(isOpen)) return cancelled()
  if (first === undefined || !(first.error instanceof ActionError)) return first?.error
  const { code, message, hint } = first.error
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more, see above)` : ''
  const notBack = parts.filter(({ back }) => back?.error !== undefined)
  const hints = [
    hint,
    notBack.length === 0
      ? undefined
      : `NOT rolled back: ${notBack.map(({ name }) => name).join(', ')}. Roll back there by hand: "deploy-receiver rollback".`,
  ].filter((each) => each !== undefined)
  return new ActionError(
    code,
    `${countsOf(parts.map(standingOf))}: ${message.startsWith(first.name) ? '' : `${first.name}: `}${message}${more}`,
    { ...(hints.length > 0 && { hint: hints.join('\n') }), cause: first.error },
  )
}

const isOpen = ({ result, error }: Part): boolean => result === undefined || error !== undefined

const cancelled = () =>
  new ActionError('cancelled', 'the job was cancelled before all receivers were done', {
    hint: 'What was taken goes on, and nothing is rolled back. This step’s last part (“Post …”) says what stands where.',
  })
