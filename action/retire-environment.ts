import { askGithub, connect } from './ask-github.ts'
import type { RunContext } from './context.ts'
import { debug, say } from './log.ts'

/** GitHub wants a second between two writes, and each push left a deployment. */
const DEADLINE_MS = 600_000

/** Ends and deletes all deployments of an environment whose preview is gone, and the environment where the token may. */
export const retireEnvironment = async (
  environment: string,
  token: string,
  run: RunContext,
): Promise<void> => {
  if (environment === '' || token === '' || run.repository === '') return
  const [owner = '', repo = ''] = run.repository.split('/')
  const octokit = await connect(token)
  const matter = {
    about: `environment ${environment}`,
    act: 'delete its deployments',
    permission: 'deployments: write',
  }
  const ended = await askGithub(
    matter,
    async (signal) => {
      const request = { signal }
      const { listDeployments } = octokit.repos
      const asked = { owner, repo, environment, per_page: 100, request }
      const deployments = await octokit.paginate(listDeployments, asked)
      for (const { id } of deployments) {
        const one = { owner, repo, deployment_id: id, request }
        // one that is active cannot be deleted
        await octokit.repos.createDeploymentStatus({
          ...one,
          state: 'inactive',
          description: 'the preview is gone',
        })
        await octokit.repos.deleteDeployment(one)
      }
      return deployments.length
    },
    { deadlineMs: DEADLINE_MS },
  )
  if (ended === undefined) return
  say(`GitHub deployments of the environment ${environment}: ${ended} ended and deleted`)
  // only who administers the repository may, which a workflow's own token does not
  await askGithub({ ...matter, tell: debug }, (signal) =>
    octokit.repos.deleteAnEnvironment({
      owner,
      repo,
      environment_name: environment,
      request: { signal },
    }),
  )
}
