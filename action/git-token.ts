import type { RunContext } from './context.ts'
import type { Inputs } from './inputs.ts'

/** Environment variable by which the token reaches BuildKit: a command line would show it. */
export const GIT_TOKEN_VARIABLE = 'DEPLOY_ACTION_GIT_TOKEN'

/**
 * The workflow's token, for a build whose context is the workflow's own repository by URL; undefined for every other
 * context, which the token is none of the business of.
 */
export const gitToken = (
  inputs: Pick<Inputs, 'context' | 'githubToken'>,
  run: Pick<RunContext, 'serverUrl' | 'repository'>,
): { host: string; value: string } | undefined => {
  const own = `${run.serverUrl}/${run.repository}`
  const isOwn =
    inputs.context.startsWith(own) && /^(?:\.git)?(?:[#?]|$)/.test(inputs.context.slice(own.length))
  if (!isOwn || run.repository === '' || inputs.githubToken === '') return undefined
  return { host: new URL(run.serverUrl).host, value: inputs.githubToken }
}
