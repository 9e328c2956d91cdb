import { html, raw } from 'hono/html'
import type { Session } from '../../core/sign-in/session.ts'
import { foreign, type Html, NOTHING, type Part } from './text.ts'

export interface Screen {
  title: string
  /** Who looks; absent: nobody is signed in. */
  session?: Session
  /** The part of the menu that it belongs to. */
  menu?: 'apps' | 'fleet' | 'requests' | 'sessions'
  /** It shows itself anew whenever this app changes, or any of them. */
  watches?: { app?: string }
  /** Goes on to there by itself, once. */
  goesOnTo?: string
  body: Html
}

/** Of the files beside the pages: browsers keep those of one version. */
export interface Assets {
  version: string
  /** Whether there are other receivers to be shown. */
  hasFleet: boolean
}

export const layout = (
  { title, session, menu, watches, goesOnTo, body }: Screen,
  { version, hasFleet }: Assets,
): Html =>
  html`${raw('<!doctype html>')}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · deploy-receiver</title>
        <link rel="icon" href="/page/icon.svg?${version}" type="image/svg+xml" />
        <link rel="stylesheet" href="/page/style.css?${version}" />
        <script src="/page/script.js?${version}" defer></script>
        ${goesOnTo === undefined ? NOTHING : html`<meta http-equiv="refresh" content="0; url=${goesOnTo}" />`}
      </head>
      <body ${watches === undefined ? NOTHING : html`data-watches="${watches.app ?? ''}"`}>
        <a class="skip" href="#main">Skip to content</a>
        <header>
          <a class="brand" href="/page/apps"
            ><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1l6 7H10v7H6V8H2z" /></svg
            >deploy-receiver</a
          >
          ${session === undefined ? NOTHING : signedIn(session, menu, hasFleet)}
        </header>
        <p id="lost" role="status" hidden>
          The connection is lost: what is shown may be old. Trying again…
        </p>
        ${mainOf(body)}
        <footer>deploy-receiver ${version}</footer>
      </body>
    </html>`

/** What a page shows, without all that is around it. */
export const mainOf = (body: Html): Html => html`<main id="main" tabindex="-1">${body}</main>`

const MENU = {
  apps: ['/page/apps', 'Apps'],
  fleet: ['/page/fleet', 'Fleet'],
  requests: ['/page/requests', 'Requests'],
  sessions: ['/page/sessions', 'Sessions'],
} as const

const signedIn = ({ name, role }: Session, menu: Screen['menu'], hasFleet: boolean): Html =>
  html`<nav aria-label="Pages">
      ${Object.entries(MENU).map(([key, [href, text]]) =>
        key === 'fleet' && !hasFleet
          ? NOTHING
          : html`<a href="${href}" ${key === menu ? raw('aria-current="page"') : NOTHING}
              >${text}</a
            >`,
      )}
    </nav>
    <form class="who" method="post" action="/page/sign-out">
      <span>${foreign(name, 60)}${role === 'reader' ? ' · looks only' : ''}</span>
      <button class="plain">Sign out</button>
    </form>`

/** A table that becomes a list of cards on a narrow screen; roles keep it a table for those who hear it. */
export const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Part[])[],
): Html =>
  html`<table role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map((each) => html`<th role="columnheader" scope="col">${each === '' ? html`<span class="heard">To do</span>` : each}</th>`)}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (cells) =>
          html`<tr role="row">
            ${cells.map((cell, at) =>
              at === 0
                ? html`<th role="rowheader" scope="row">${cell}</th>`
                : html`<td role="cell" data-label="${columns[at] ?? ''}"><div>${cell}</div></td>`,
            )}
          </tr> `,
      )}
    </tbody>
  </table>`

/** Names with what they are. */
export const facts = (all: readonly (readonly [string, Html | string])[]): Html =>
  html`<dl>
    ${all.map(
      ([name, what]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${what}</dd>
        </div>`,
    )}
  </dl>`
