import { html } from 'hono/html'
import { driftOf, type Fleet, hostOf } from '../../core/fleet/fleet.ts'
import { table } from './layout.ts'
import { ago, digits, foreign, type Html, NOTHING, type Part, state } from './text.ts'

/** What runs at each receiver, and whether it is the same. */
export function fleet(found: Fleet, nowMs: number): Html {
  const drift = driftOf(found)
  const rows = found.apps.flatMap(({ name }) =>
    found.receivers.map(({ url, isOwn, apps, why }): Part[] => {
      const app = apps.find((each) => each.name === name)
      const live = app?.live
      return [
        html`${foreign(name, 63)}`,
        html`${foreign(hostOf(url), 100)}${isOwn ? html` <span class="dim">this one</span>` : NOTHING}`,
        why !== undefined
          ? state('bad', 'not known')
          : live === undefined
            ? state('dim', 'nothing')
            : state('good', 'live'),
        live === undefined
          ? NOTHING
          : html`${live.tag === undefined ? NOTHING : html`${foreign(live.tag, 60)} `}<code
                class="digest"
                title="${live.digest}"
                >${digits(live.digest)}</code
              >`,
        live?.since === undefined ? NOTHING : ago(live.since, nowMs),
        live?.release === undefined ? NOTHING : html`${foreign(live.release, 80)}`,
      ]
    }),
  )
  return html`<h1>Fleet</h1>
    ${
      found.receivers.length === 1
        ? html`<p class="empty"><code>fleet:</code> in the config names no other receiver.</p>`
        : drift.length === 0
          ? html`<p>${state('good', 'all of them run the same')}</p>`
          : drift.map((line) => html`<p class="note">${foreign(line, 400)}</p>`)
    }
    ${
      rows.length === 0
        ? NOTHING
        : table(
            'Apps at each receiver',
            ['App', 'Receiver', 'State', 'Version', 'Since', 'Release'],
            rows,
          )
    }`
}
