import type { RunContext } from './context.ts'
import { DockerError } from './docker.ts'
import { isRefused } from './docker-failure.ts'
import { ActionError } from './error.ts'

/**
 * The error with the hint of a pull request from a fork, where that is the cause: GitHub gives such a run a token that can only
 * read, no secret and no OIDC token.
 */
export const explainFork = (error: unknown, run: RunContext): unknown => {
  if (!isFromFork(run) || !(error instanceof ActionError)) return error
  const isOfFork =
    error.code === 'no_id_token' ||
    error.code === 'login_failed' ||
    (error instanceof DockerError && isRefused(error.failure))
  if (!isOfFork) return error
  return new ActionError(error.code, error.message, {
    hint: "This is a pull request from a fork, which gets no secret, no OIDC token and no right to push. Build it with push: ${{ github.event_name != 'pull_request' }}: then it is neither pushed nor deployed.",
    cause: error,
  })
}

/** `pull_request_target` runs with the repository's own rights. A fork may be gone already: then its repository is `null`. */
export const isFromFork = ({ eventName, repository, payload }: RunContext): boolean => {
  const head = payload.pull_request?.head?.repo
  return eventName === 'pull_request' && head !== undefined && head?.full_name !== repository
}
