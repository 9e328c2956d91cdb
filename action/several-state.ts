import { getState, saveState } from '@actions/core'
import * as v from 'valibot'
import { Accepted, Deployment } from '../protocol/deployment.ts'
import { askAgain } from './ask-again.ts'
import { ACTION_ERROR_CODES, ActionError } from './error.ts'
import { hide, say } from './log.ts'
import { reportStanding } from './report.ts'
import type { Part } from './part.ts'
import type { Result } from './summary.ts'

/** Key of what the post step needs; that of each receiver has its number behind it. */
const STATE = 'release'

/**
 * Keeps what is known of each receiver for the post step, which says what stands where when this one could not.
 * @returns what is called when more is known of one
 */
export const keepForPost = (parts: readonly Part[], release: string): ((part: Part) => void) => {
  saveState(
    STATE,
    JSON.stringify({
      release,
      parts: parts.map(({ name, target: { url, app } }) => ({ name, url, app })),
    }),
  )
  const last = new Map<Part, string>()
  return (part) => {
    const kept = JSON.stringify({
      ...keptOf(part.result),
      ...(part.back !== undefined && { back: keptOf(part.back.result) }),
      ...(isKnown(part.error) && {
        error: { code: part.error.code, message: part.error.message },
      }),
    })
    if (last.get(part) === kept) return
    last.set(part, kept)
    saveState(`${STATE}-${parts.indexOf(part)}`, kept)
  }
}

/** What ended because the job did says nothing of the receiver. */
const isKnown = (error: unknown): error is ActionError =>
  error instanceof ActionError && error.code !== 'cancelled'

/** It was all said. */
export const nothingForPost = (): void => saveState(STATE, '')

/** Without what is long: the post step asks for it. */
const keptOf = (result: Result | undefined) => {
  if (result === undefined) return {}
  const { status, deployment, follow } = result
  if (deployment === undefined) return { status }
  const { error: _, steps: __, source: ___, ...rest } = deployment
  return { status, deployment: { ...rest, source: {}, steps: [] }, follow }
}

const KeptResult = v.object({
  status: v.optional(v.picklist([...Deployment.entries.status.options, 'accepted'])),
  deployment: v.optional(Deployment),
  follow: v.optional(Accepted.entries.follow),
})
const Kept = v.object({
  ...KeptResult.entries,
  error: v.optional(v.object({ code: v.picklist(ACTION_ERROR_CODES), message: v.string() })),
  back: v.optional(KeptResult),
})
const KeptRelease = v.object({
  release: v.string(),
  parts: v.array(v.object({ name: v.string(), url: v.string(), app: v.string() })),
})

/** Asks each receiver that took a hook what became of it, and says what stands where. It changes nothing. */
export const reportLeft = async (): Promise<void> => {
  const { release, parts: named } = v.parse(KeptRelease, JSON.parse(getState(STATE)))
  const parts = named.map(({ name, url, app }, index) =>
    known({ name, target: { url, app } }, getState(`${STATE}-${index}`)),
  )
  await Promise.all(parts.map(askAgain))
  say('the job ended before all of it was done: nothing is rolled back, and what was taken goes on')
  await reportStanding(parts, release)
}

/** As it was known last. */
function known(part: Part, text: string): Part {
  if (text === '') return part
  const { error, back, ...kept } = v.parse(Kept, JSON.parse(text))
  const result = resultOf(kept, part)
  const backResult = back && resultOf(back, part)
  return {
    ...part,
    ...(result && { result }),
    ...(result === undefined && {
      error: error ? new ActionError(error.code, error.message) : unsure(part),
    }),
    ...(backResult && { back: { result: backResult } }),
  }
}

function resultOf(
  { status, deployment, follow }: v.InferOutput<typeof KeptResult>,
  { target: { url, app } }: Part,
): Result | undefined {
  if (status === undefined) return undefined
  hide(follow?.token)
  return { url, app, status, ...(deployment && { deployment }), ...(follow && { follow }) }
}

const unsure = ({ target: { url } }: Part): ActionError =>
  new ActionError('cancelled', `whether ${url} took the hook is not known`)
