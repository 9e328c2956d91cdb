import { branchPreview, previewApp } from '../../../protocol/preview-name.ts'
import type { Deployment } from '../../../protocol/deployment.ts'
import { verifiedRepository } from '../github.ts'
import type { Sender } from '../intake/audit.ts'
import type { Subject } from './closed.ts'
import type { Preview } from './preview.ts'

/**
 * The pull request or the branch that a preview is of, as its name and its last deployment have it; `undefined` where it is of neither, or
 * where nobody said of which repository. That is never the sender's own word: it would have us ask about another one.
 */
export function subjectOf(
  { app, of }: Preview,
  {
    deployment,
    sender,
    configured,
  }: {
    deployment: Pick<Deployment, 'source'> | undefined
    sender: Sender | undefined
    /** The repository of the app by the config. */
    configured: string | undefined
  },
): Subject | undefined {
  const repository = verifiedRepository(sender) ?? configured
  if (repository === undefined) return undefined
  const name = app.slice(previewApp(of, '').length)
  const number = /^pr-(\d{1,15})$/.exec(name)?.[1]
  if (number !== undefined) return { repository, pullRequest: Number(number) }
  // whoever named a branch that has another name would have had another preview
  const branch = [sender?.claims?.['ref'], deployment?.source.ref]
    .flatMap((ref) => /^refs\/heads\/(.+)$/s.exec(ref ?? '')?.[1] ?? [])
    .find((each) => branchPreview(of, each) === name)
  return branch === undefined ? undefined : { repository, branch }
}
