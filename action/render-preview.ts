import type { RunContext } from './context.ts'
import { ActionError, describeError } from './error.ts'
import { previewAppOf, type Preview } from './preview.ts'
import { code, escape, link, type Result, row, table } from './summary.ts'

/** What became of a preview, for the pull request that it is of. */
export interface PreviewNews {
  became: 'live' | 'under way' | 'not deployed' | 'gone' | 'not removed'
  url?: string
  digest?: string
  why?: string
  /** Why it is there without HTTPS for now. */
  noHttps?: string
}

/** Of why it is not deployed, in characters. */
const MAX_WHY = 2000
const MARKS = {
  live: '✅',
  'under way': '⏳',
  'not deployed': '❌',
  gone: '🗑️',
  'not removed': '❌',
} as const

/** The news of a run; none where a newer one has them, or where nothing is known. */
export const previewNews = (
  { target }: Preview,
  result: Result | undefined,
  { error, url }: { error?: unknown; url?: string },
): PreviewNews | undefined => {
  if (result?.status === 'superseded') return undefined
  // a newer run says what is true
  if (error instanceof ActionError && error.newerRun !== undefined) return undefined
  const digest = result?.deployment?.image.digest
  const noHttps = result?.deployment?.no_https
  const known = {
    ...(url !== undefined && { url }),
    ...(noHttps !== undefined && { noHttps }),
    ...(digest !== undefined && { digest }),
  }
  if (result !== undefined && result.status !== 'failed') {
    return { became: result.status === 'succeeded' ? 'live' : 'under way', ...known }
  }
  return { became: 'not deployed', ...(digest && { digest }), ...whyOf(error, target) }
}

/** That it could not be taken away, and still stands. */
export const notRemoved = ({ target }: Preview, error: unknown): PreviewNews => ({
  became: 'not removed',
  ...whyOf(error, target),
})

/** What the receiver says. Of all else the log of the run is the place. */
function whyOf(error: unknown, { url }: Preview['target']): { why?: string } {
  if (!(error instanceof ActionError) || !TOLD_CODES.has(error.code)) return {}
  // the hook's address may be meant for no other eyes
  return { why: describeError(error).replaceAll(url, 'the receiver').slice(0, MAX_WHY) }
}
const TOLD_CODES: ReadonlySet<string> = new Set(['rejected', 'deployment_failed'])

/** The text of a comment. In `<code>` nothing is Markdown, and `@somebody` tells nobody. */
export const renderPreview = (
  { became, url, noHttps, digest, why }: PreviewNews,
  preview: Preview,
  { runUrl, payload }: RunContext,
): string => {
  const commit = payload.pull_request?.head?.sha
  return [
    `### ${MARKS[became]} Preview ${escape(previewAppOf(preview))}: ${became}`,
    table([
      ...(url === undefined ? [] : [row('URL', link(url))]),
      ...(noHttps === undefined ? [] : [row('HTTPS', code(`not yet: ${noHttps}`))]),
      ...(digest === undefined ? [] : [row('Digest', code(digest))]),
      ...(commit === undefined ? [] : [row('Commit', code(commit))]),
      ...(why === undefined ? [] : [row('Why', code(why))]),
      ...(runUrl === '' ? [] : [row('Run', link(runUrl))]),
    ]),
  ].join('\n\n')
}
