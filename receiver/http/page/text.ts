import { html } from 'hono/html'
import type { Deployment } from '../../../protocol/deployment.ts'
import { showAge } from '../../../protocol/duration.ts'
import { shortDigest } from '../../../protocol/image-reference.ts'
import { printable } from '../../core/printable.ts'
import { shorten } from '../../core/shorten.ts'

/** A piece of HTML; what is put into one is escaped. */
export type Html = ReturnType<typeof html>

/** A part of a page that may be absent. */
export const NOTHING = ''
export type Part = Html | typeof NOTHING

const MAX_CHARACTERS = 400

/** What a stranger wrote, in one line: it neither moves nor turns what stands beside it. */
export const foreign = (text: string, most = MAX_CHARACTERS): Html =>
  html`<bdi>${printable(shorten(text, most))}</bdi>`

/** Lines of a container's output. */
export const lines = (all: readonly string[]): Html =>
  html`<pre tabindex="0">${all.map((each) => printable(shorten(each, 2000))).join('\n')}</pre>`

/** A time of ours, in UTC; the script shows it in the reader's zone. */
export const time = (at: string): Html =>
  html`<time datetime="${at}">${at.slice(0, 16).replace('T', ' ')} UTC</time>`

/** The same, as how long ago that is. */
export const ago = (at: string, nowMs: number): Html =>
  html`<time datetime="${at}" data-ago title="${at}">${showAge(nowMs - Date.parse(at))} ago</time>`

/** A time to come, as how far off that is. */
export const fromNow = (at: string, nowMs: number): Html =>
  html`<time datetime="${at}" data-to-come title="${at}"
    >${Date.parse(at) <= nowMs ? 'now' : `in ${showAge(Date.parse(at) - nowMs)}`}</time
  >`

/** The first digits of a digest: what kind they are is plain where all are of one. */
export const digits = (digest: string): string => shortDigest(digest).replace('sha256:', '')

/** The version of a deployment: its tag, and the digest that it is. */
export function version({ image: { tag, digest } }: Deployment): Html {
  const short = digest === undefined ? undefined : digits(digest)
  if (tag !== undefined && short !== undefined) {
    return html`<span class="version"
      ><span class="clip">${foreign(tag, 60)}</span>
      <code class="digest" title="${digest}">${short}</code></span
    >`
  }
  if (tag !== undefined) return foreign(tag, 60)
  return html`<code title="${digest}">${short ?? '…'}</code>`
}

/** The same in a line of a table: what it came of is one click away. */
export const commit = (of: Deployment): Html =>
  html`<span class="commit"
    >${source({ source: { ...of.source, run_url: undefined, release: undefined } })}</span
  >`

/** Who asked for it and for which commit, as its sender says. */
export function source({
  source: { actor, sha, message, run_url: run, release },
}: Pick<Deployment, 'source'>): Html {
  const short = sha === undefined ? undefined : sha.slice(0, 7)
  const link = run !== undefined && /^https:\/\/[^\s"'<>]+$/.test(run) ? run : undefined
  return html`${short === undefined ? NOTHING : html`<code class="digest">${foreign(short)}</code> `}${
    message === undefined
      ? NOTHING
      : html`<span class="clip">${foreign(message.split('\n')[0] ?? '', 120)}</span> `
  }${actor === undefined ? NOTHING : html`<span class="dim">${foreign(actor, 60)}</span> `}${
    link === undefined ? NOTHING : html`<a href="${link}" rel="noreferrer noopener">run</a> `
  }${release === undefined ? NOTHING : html`<span class="dim">release ${foreign(release, 60)}</span>`}`
}

/** A state: its word beside its sign, so that nobody needs the colour. */
export const state = (kind: State, word: string): Html =>
  html`<span class="state ${kind}"
    ><span aria-hidden="true">${SIGNS[kind]}</span>
    <span class="word">${printable(shorten(word, 60))}</span></span
  >`

const SIGNS = { good: '●', busy: '◔', bad: '✕', off: '■', dim: '○' } as const
export type State = keyof typeof SIGNS

export function outcome({ status, error }: Pick<Deployment, 'status' | 'error'>): Html {
  if (error?.code === 'rolled_back') return state('bad', 'rolled back')
  return state(OUTCOMES[status], status)
}
const OUTCOMES: Record<Deployment['status'], State> = {
  queued: 'busy',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  superseded: 'dim',
}
