import { createHash } from 'node:crypto'
import { askGithub, connect, type Octokit } from './ask-github.ts'
import type { RunContext } from './context.ts'
import { note, say } from './log.ts'
import { previewAppOf, type Preview } from './preview.ts'
import { type PreviewNews, renderPreview } from './render-preview.ts'

/**
 * Says on the pull request what became of its preview, in the one comment that it has of it. What is or was to be gone is said only where
 * there is a comment already. Without the right to it there is a notice.
 */
export const commentOnPreview = async (
  news: PreviewNews,
  { preview, run, token }: { preview: Preview; run: RunContext; token: string },
): Promise<void> => {
  const number = pullRequestOf(run)
  if (number === undefined || token === '' || run.repository === '') return
  const [owner = '', repo = ''] = run.repository.split('/')
  const octokit = await connect(token)
  const marker = markerOf(preview)
  const body = `${marker}\n${renderPreview(news, preview, run)}`
  const matter = {
    about: `pull request ${number}`,
    act: 'comment on it',
    permission: 'pull-requests: write',
    tell: note,
  }
  const did = await askGithub(matter, async (signal) => {
    const where = { owner, repo, request: { signal } }
    const id = await findComment(octokit, marker, { ...where, issue_number: number })
    if (id === undefined && ['gone', 'not removed'].includes(news.became))
      return 'has no comment to update'
    if (id === undefined)
      await octokit.issues.createComment({ ...where, issue_number: number, body })
    else await octokit.issues.updateComment({ ...where, comment_id: id, body })
    return id === undefined ? 'has a comment' : 'has its comment updated'
  })
  if (did !== undefined) say(`pull request ${number} ${did}`)
}

/** Whoever wrote it: a workflow's token and a person's leave the same comment. */
async function findComment(
  octokit: Octokit,
  marker: string,
  where: { owner: string; repo: string; issue_number: number; request: { signal: AbortSignal } },
): Promise<number | undefined> {
  for await (const { data } of octokit.paginate.iterator(octokit.issues.listComments, where)) {
    const found = data.find(({ body }) => body?.startsWith(marker))
    if (found !== undefined) return found.id
  }
  return undefined
}

/** Nobody sees it. The hook's address, which may be meant for no other eyes, is in it as a hash. */
const markerOf = (preview: Preview): string => {
  const hash = createHash('sha256').update(preview.target.url).digest('hex').slice(0, 16)
  return `<!-- deploy-action: preview ${previewAppOf(preview)} at ${hash} -->`
}

/** Also of a comment on it, by which a maintainer's workflow may be started. */
const pullRequestOf = ({ pullRequest, payload: { issue } }: RunContext): number | undefined =>
  pullRequest ?? (issue?.pull_request === undefined ? undefined : issue.number)
