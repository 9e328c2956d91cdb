import {
  branchPreview,
  calledPreview,
  previewApp,
  pullRequestPreview,
} from '../protocol/preview-name.ts'
import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'

/** The preview that a run is for. */
export interface Preview {
  /** `pr-42`, as the receiver calls it. */
  name: string
  /** Where its app's hook is posted to. */
  target: HookTarget
  /** Its pull request is closed: it is taken away. */
  isOver: boolean
}

/**
 * What the input `preview` says: that of the run's pull request or branch, or one by its name; `undefined` for the app itself.
 * @throws ActionError `bad_input` where the run has neither pull request nor branch.
 */
export const previewOf = (
  { preview, hooks }: { preview: string; hooks: readonly HookTarget[] },
  run: RunContext,
): Preview | undefined => {
  const [target] = hooks
  if (!asksForPreview(preview) || target === undefined) return undefined
  const name = isYes(preview) ? ownName(target.app, run) : calledPreview(target.app, preview)
  return { name, target, isOver: isPullRequest(run) && run.payload.action === 'closed' }
}

/** `api--pr-42`: the app that it is. */
export const previewAppOf = ({ name, target }: Preview): string => previewApp(target.app, name)

/** The environment on GitHub's pages: that of a preview is its own, below the one that the input names. `''` for none. */
export const environmentOf = (
  { environment }: { environment: string },
  preview: Preview | undefined,
): string =>
  environment === '' || preview === undefined ? environment : `${environment}/${preview.name}`

/** What tells the GitHub deployments of its app apart from those of others in that environment. */
export const taskOf = ({ target }: Preview): string => `deploy:${target.app}`

/** Whether a run is for a preview: as YAML's booleans, and any other text is a name. */
export const asksForPreview = (text: string): boolean =>
  text !== '' && !['false', 'False', 'FALSE'].includes(text)

const isYes = (text: string): boolean => ['true', 'True', 'TRUE'].includes(text)

function ownName(app: string, run: RunContext): string {
  if (run.pullRequest !== undefined) return pullRequestPreview(String(run.pullRequest))
  const branch = /^refs\/heads\/(.+)$/s.exec(run.ref)?.[1]
  // a branch that is deleted is not the one that such a run is on
  if (branch !== undefined && run.eventName !== 'delete') return branchPreview(app, branch)
  throw new ActionError(
    'bad_input',
    `input preview: "true" on ${run.eventName || 'no event'} of ${run.ref || 'no ref'}, which is of neither a pull request nor a branch`,
    { hint: 'Run the step on pull_request or on a push to a branch, or write a name: pr-42.' },
  )
}

const isPullRequest = ({ eventName }: RunContext): boolean =>
  eventName === 'pull_request' || eventName === 'pull_request_target'
