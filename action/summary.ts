import type { Accepted, Deployment } from '../protocol/deployment.ts'
import { showDuration } from '../protocol/duration.ts'

/** What one receiver made of the hook, for people. */
export interface Result {
  /** The hook's URL, without credentials. */
  url: string
  app: string
  /** `accepted` where the receiver cannot be followed. */
  status: Deployment['status'] | 'accepted'
  deployment?: Deployment
  /** Where it can be read, and the token for it. */
  follow?: Accepted['follow']
}

/** GitHub refuses a summary above 1 MiB; a log of this many characters leaves room for several. */
const MAX_LOG_CHARACTERS = 60_000

/** The job summary, in the HTML that GitHub's Markdown lets through. Every value is escaped. */
export const renderSummary = (
  results: readonly Result[],
  built?: { image?: string; references: readonly string[] },
): string => {
  const parts = results.map(renderResult)
  if (results.length === 0 && built !== undefined) {
    const { image, references } = built
    const unpushed = references.map(code).join(' ') || 'an image without a tag'
    parts.push(
      table([
        image === undefined ? row('Built, not pushed', unpushed) : row('Pushed', code(image)),
      ]),
    )
  }
  return `${parts.join('\n\n')}\n`
}

/** Each of several receivers, folded below what stands where: what failed stands open. */
export const renderEach = (results: readonly Result[]): string =>
  results
    .map((result) => {
      const isOpen = result.status === 'failed' ? ' open' : ''
      const title = `${MARKS[result.status]} ${escape(new URL(result.url).host)}: ${result.status}`
      return `<details${isOpen}><summary>${title}</summary>\n\n${renderResult(result)}\n\n</details>\n`
    })
    .join('\n')

function renderResult({ url, app, status, deployment }: Result): string {
  const image = deployment?.image
  const took = deployment && tookMs(deployment)
  return [
    `### ${MARKS[status]} ${escape(app)}: ${status}`,
    table([
      row('App', escape(app)),
      ...(image ? [row('Image', code(image.repository + (image.tag ? `:${image.tag}` : '')))] : []),
      ...(image?.digest ? [row('Digest', code(image.digest))] : []),
      row('Status', status),
      ...(took === undefined ? [] : [row('Duration', showDuration(took))]),
      ...(deployment && deployment.steps.length > 0 ? [row('Steps', steps(deployment))] : []),
      ...(deployment?.previous ? [row('Previous digest', code(deployment.previous.digest))] : []),
      ...(deployment ? [row('Deployment', code(deployment.id))] : []),
      ...(deployment?.url === undefined ? [] : [row('Live at', link(deployment.url))]),
      row('Hook', code(url)),
    ]),
    ...(deployment?.error ? [failure(deployment.error)] : []),
  ].join('\n\n')
}

const MARKS = {
  succeeded: '✅',
  failed: '❌',
  superseded: '⏭️',
  running: '⏳',
  queued: '⏳',
  accepted: '📨',
} as const satisfies Record<Result['status'], string>

/** Milliseconds from the hook to the end of the deployment; undefined while it runs. */
export const tookMs = ({ created_at, finished_at }: Deployment): number | undefined =>
  finished_at === undefined ? undefined : Date.parse(finished_at) - Date.parse(created_at)

const steps = (deployment: Deployment): string =>
  deployment.steps
    .map(({ name, status, ms }) => {
      const mark = status === 'failed' ? ' ✗' : status === 'running' ? ' …' : ''
      return `${escape(name)}${ms === undefined ? '' : ` ${showDuration(ms)}`}${mark}`
    })
    .join(' · ')

function failure(error: NonNullable<Deployment['error']>): string {
  const said = [`<p><b>${escape(error.message)}</b> (${code(error.code)})</p>`]
  if (error.hint !== undefined) said.push(`<p>${escape(error.hint)}</p>`)
  if (error.log !== undefined && error.log.length > 0) {
    const log = error.log.join('\n').slice(-MAX_LOG_CHARACTERS)
    // <pre> on a line of its own keeps blank lines of the log from ending the HTML block (CommonMark, section 4.6)
    said.push(
      `<details><summary>Last ${error.log.length} lines of the container</summary>`,
      `<pre>\n${escapeText(log)}\n</pre>`,
      '</details>',
    )
  }
  return said.join('\n\n')
}

export const table = (rows: readonly string[]): string => `<table>\n${rows.join('\n')}\n</table>`
export const link = (url: string): string => `<a href="${escape(url)}">${escape(url)}</a>`
export const row = (name: string, html: string): string =>
  `<tr><th align="left">${name}</th><td>${html}</td></tr>`
export const code = (text: string): string => `<code>${escape(text)}</code>`

/** On one line: a blank line would end the HTML block and let Markdown begin. */
export const escape = (text: string): string =>
  escapeText(text)
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')

const escapeText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
