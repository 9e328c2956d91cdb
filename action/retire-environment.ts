import { askGithub, connect, type Matter } from './ask-github.ts'
import type { RunContext } from './context.ts'
import { debug, say } from './log.ts'

/** GitHub's deployments of a preview. */
export interface OfPreview {
  environment: string
  /** Those of its app: another app of the repository may have previews in the same environment. */
  task: string
  token: string
  run: RunContext
}

/** GitHub wants a second between two writes, and a run that was killed may have left some. */
const DEADLINE_MS = 300_000

/**
 * Ends and deletes the deployments of a preview, all but the newest one. Of an environment that is there for a while only GitHub ends none
 * by itself, and each push would leave one more that seems to be live.
 */
export const endDeployments = async (
  { environment, task, token, run }: OfPreview,
  newest?: number,
): Promise<void> => {
  const [owner = '', repo = ''] = run.repository.split('/')
  const octokit = await connect(token)
  const ended = await askGithub(
    matterOf(environment),
    async (signal) => {
      const request = { signal }
      const asked = { owner, repo, environment, task, per_page: 100, request }
      const all = await octokit.paginate(octokit.repos.listDeployments, asked)
      const old = all.filter(({ id }) => id !== newest)
      for (const { id } of old) {
        const one = { owner, repo, deployment_id: id, request }
        // one that is active cannot be deleted
        await octokit.repos.createDeploymentStatus({ ...one, state: 'inactive' })
        await octokit.repos.deleteDeployment(one)
      }
      return old.length
    },
    { deadlineMs: DEADLINE_MS },
  )
  if (ended !== undefined && ended > 0) {
    say(`GitHub deployments of the environment ${environment}: ${ended} ended and deleted`)
  }
}

/** The same of a preview that is gone, and its environment where the token may. */
export const retireEnvironment = async (preview: OfPreview): Promise<void> => {
  const { environment, token, run } = preview
  if (environment === '' || token === '' || run.repository === '') return
  await endDeployments(preview)
  const [owner = '', repo = ''] = run.repository.split('/')
  const octokit = await connect(token)
  // only who administers the repository may, which a workflow's own token does not
  await askGithub({ ...matterOf(environment), tell: debug }, (signal) =>
    octokit.repos.deleteAnEnvironment({
      owner,
      repo,
      environment_name: environment,
      request: { signal },
    }),
  )
}

const matterOf = (environment: string): Matter => ({
  about: `environment ${environment}`,
  act: 'end and delete its deployments',
  permission: 'deployments: write',
})
