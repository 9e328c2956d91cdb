import type { BuildInputs } from './build-inputs.ts'
import { secretIds } from './build-secrets.ts'
import type { RunContext } from './context.ts'
import type { Inputs } from './inputs.ts'

/** Environment variable by which the token reaches BuildKit: a command line would show it. */
export const GIT_TOKEN_VARIABLE = 'DEPLOY_ACTION_GIT_TOKEN'

type GitInputs = Pick<Inputs, 'githubToken'> &
  Pick<BuildInputs, 'context' | 'secrets' | 'secretFiles' | 'secretEnvs'>

/**
 * The workflow's token, for a build whose context is the workflow's own repository by URL; undefined for every other
 * context, which the token is none of the business of, and where the workflow gives a secret for Git itself: BuildKit takes one of
 * a host's own first, so that this one would go before it.
 */
export const gitToken = (
  inputs: GitInputs,
  run: Pick<RunContext, 'serverUrl' | 'repository'>,
): { host: string; value: string } | undefined => {
  const own = `${run.serverUrl}/${run.repository}`
  const isOwn =
    inputs.context.startsWith(own) && /^(?:\.git)?(?:[#?]|$)/.test(inputs.context.slice(own.length))
  if (!isOwn || run.repository === '' || inputs.githubToken === '') return undefined
  const { host } = new URL(run.serverUrl)
  const given = new Set(secretIds(inputs))
  const forGit = ['GIT_AUTH_TOKEN', 'GIT_AUTH_HEADER'].flatMap((id) => [id, `${id}.${host}`])
  if (forGit.some((id) => given.has(id))) return undefined
  return { host, value: inputs.githubToken }
}
