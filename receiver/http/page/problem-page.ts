import { html } from 'hono/html'
import { foreign, type Html, NOTHING } from './text.ts'

/** Why there is nothing else to see. */
export const problemPage = (title: string, detail: string, hint?: string): Html =>
  html`<div class="card">
    <h1>${title}</h1>
    <p>${foreign(detail, 1000)}</p>
    ${hint === undefined ? NOTHING : html`<p>${foreign(hint, 1000)}</p>`}
    <p><a href="/page/apps">All apps</a></p>
  </div>`
