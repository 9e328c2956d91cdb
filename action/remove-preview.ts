import { setTimeout as pause } from 'node:timers/promises'
import { setOutput } from '@actions/core'
import type { RunContext } from './context.ts'
import { sourceOf } from './deploy.ts'
import { postHook } from './hook.ts'
import { idempotencyKey } from './idempotency-key.ts'
import type { Inputs } from './inputs.ts'
import { say } from './log.ts'
import { commentOnPreview } from './preview-comment.ts'
import { environmentOf, type Preview, taskOf } from './preview.ts'
import { notRemoved, type PreviewNews } from './render-preview.ts'
import { retireEnvironment } from './retire-environment.ts'
import { chooseSigning } from './signing.ts'

/**
 * Has the receiver take a preview away, which needs neither a build nor a login, and then what GitHub's pages have of it. That there was
 * none is as good.
 * @throws ActionError of the hook.
 */
export const removePreview = async (
  preview: Preview,
  { inputs, run, signal }: { inputs: Inputs; run: RunContext; signal: AbortSignal },
): Promise<void> => {
  const { name, target } = preview
  const { url, app } = target
  say(`taking the preview ${name} of ${app} away: ${url}`)
  const comment = (news: PreviewNews) =>
    commentOnPreview(news, { preview, run, token: inputs.githubToken })
  const outcome = await postHook({
    target,
    body: {
      preview: name,
      remove: true,
      id: idempotencyKey(inputs.id, run, app),
      source: sourceOf(run),
    },
    authorize: chooseSigning(target, inputs.secret),
    signal,
    pause: (ms) => pause(ms, undefined, { signal }),
  }).catch(async (error: unknown) => {
    if (!signal.aborted) await comment(notRemoved(preview, error))
    throw error
  })
  say(outcome.kind === 'taken' && outcome.said ? outcome.said : `${url} took it`)
  setOutput('status', 'removed')
  await comment({ became: 'gone' })
  await retireEnvironment({
    environment: environmentOf(inputs, preview),
    task: taskOf(preview),
    token: inputs.githubToken,
    run,
  })
}
