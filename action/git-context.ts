import type { BuildInputs } from './build-inputs.ts'
import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'

/**
 * The run's commit as a build context, which `{{defaultContext}}` stands for (docker/actions-toolkit, `gitContext`).
 * @param isQuery whether it is written with a query instead of a fragment
 */
export const defaultContext = (
  run: RunContext,
  env: NodeJS.ProcessEnv,
  isQuery: boolean,
): string => {
  const isHead = run.ref.startsWith('refs/pull/') && isTrue(env[PR_HEAD])
  const branch = run.ref.startsWith('refs/') ? run.ref : `refs/heads/${run.ref}`
  const ref = isHead ? branch.replace(/\/merge$/, '/head') : branch
  const sha = isHead ? (run.payload.pull_request?.head?.sha ?? '') : run.sha
  const commit = sha === '' ? ref : sha
  return `${run.serverUrl}/${run.repository}.git${isQuery ? `?ref=${commit}` : `#${commit}`}`
}

const PR_HEAD = 'DOCKER_DEFAULT_GIT_CONTEXT_PR_HEAD_REF'

/** Whether buildx is to get Git contexts with a query. */
export const asksForQuery = (env: NodeJS.ProcessEnv): boolean =>
  isTrue(env['BUILDX_SEND_GIT_QUERY_AS_INPUT'])

/** Whether this version of buildx does, as all since 0.29. */
export const readsQuery = (buildxVersion = ''): boolean => {
  const [major = 0, minor = 0] = buildxVersion.split('.').map(Number)
  return major > 0 || minor >= 29
}

/**
 * Fills `{{defaultContext}}` in.
 * @throws ActionError `bad_input` for another expression, or where there is no repository.
 */
export const fillContexts = <T extends Pick<BuildInputs, 'context' | 'buildContexts'>>(
  inputs: T,
  own: () => string,
): T => ({
  ...inputs,
  context: fill(inputs.context, 'context', own),
  buildContexts: inputs.buildContexts.map((entry) => fill(entry, 'build-contexts', own)),
})

function fill(text: string, input: string, own: () => string): string {
  const filled = text.replace(/\{{2,3}\s*defaultContext\s*\}{2,3}/g, own)
  if (!filled.includes('{{')) return filled
  throw new ActionError(
    'bad_input',
    `input ${input}: "${text}" has an expression that is not known`,
    {
      hint: 'Write {{defaultContext}} for the Git URL of this run’s commit, as {{defaultContext}}:folder.',
    },
  )
}

const isTrue = (text: string | undefined): boolean => /^(?:1|t|true)$/i.test(text ?? '')
