import { html } from 'hono/html'
import { type DescribedPreview, outlived } from '../../core/previews/described.ts'
import { facts } from './layout.ts'
import { ago, foreign, fromNow, type Html, NOTHING, type Part } from './text.ts'

interface Line {
  name: string
  preview: DescribedPreview | null
}

/** Whose preview it is, and when it goes: a fact of the app. */
export const previewFact = ({ of, goes_at: at }: DescribedPreview, nowMs: number): Html =>
  html`of <a href="/page/apps/${of}">${of}</a>;
    ${at === null ? 'stays until it is removed' : html`goes ${fromNow(at, nowMs)}`}`

/** It is deployed by the hook of its app. */
export const previewHook = (name: string, hook: string, { of }: DescribedPreview): Html =>
  facts([
    [
      'Hook',
      html`<code>POST ${hook.slice(0, -name.length)}${of}</code> with
        <code>preview: "${name.slice(`${of}--`.length)}"</code>`,
    ],
    ['Takes', html`who is named under <code>previews.auth</code> of ${of}`],
  ])

/** That it lives on without its pull request or branch. */
export function outlivedNote({ name, preview }: Line, nowMs: number): Part {
  const { closed_since: since = null, goes_at: at = null } = preview ?? {}
  if (since === null || at === null) return NOTHING
  return html`<p class="note">
    As was seen ${ago(since, nowMs)}, ${outlived(name)}. The preview goes at the next look,
    ${fromNow(at, nowMs)}, unless that is there again or it is deployed again by then.
  </p>`
}

/** The same beside its name, in a line. */
export function previewLine({ name, preview }: Line, nowMs: number): Part {
  if (preview === null || preview.goes_at === null) return NOTHING
  const why = preview.goes_by === 'closed' ? `${outlived(name)}: ` : ''
  return html`<div class="dim">${why}goes ${fromNow(preview.goes_at, nowMs)}</div>`
}

export const brokenNote = (why: string | null): Part =>
  why === null
    ? NOTHING
    : html`<p class="note">None of its previews is made or updated: ${foreign(why, 800)}</p>`
