import { html } from 'hono/html'
import type { AuditEntry } from '../../core/intake/audit.ts'
import { table } from './layout.ts'
import { ago, foreign, type Html, NOTHING, state, type State } from './text.ts'

const OUTCOMES: Record<AuditEntry['outcome'], State> = {
  accepted: 'good',
  repeated: 'dim',
  unchanged: 'dim',
  ignored: 'dim',
  rejected: 'bad',
  refused: 'bad',
}

/** Who asked for what, from where, and what came of it. */
export function requests(
  entries: readonly ({ number: number } & AuditEntry)[],
  { older, only, nowMs }: { older: number | undefined; only: string | undefined; nowMs: number },
): Html {
  return html`<h1>Requests</h1>
    <p class="tabs">
      <a href="/page/requests" ${only === undefined ? html`aria-current="true"` : NOTHING}>All</a>
      <a
        href="/page/requests?only=refused"
        ${only === 'refused' ? html`aria-current="true"` : NOTHING}
        >Refused and replayed</a
      >
    </p>
    <div id="requests">
      ${
        entries.length === 0
          ? html`<p class="empty">None${only === undefined ? '' : ' was refused'}.</p>`
          : table(
              'Requests, the newest first',
              ['Outcome', 'App', 'What', 'Who', 'When', 'Why'],
              entries.map((entry) => [
                html`${state(OUTCOMES[entry.outcome], entry.outcome)}${entry.count > 1 ? ` × ${entry.count}` : ''}`,
                entry.app === undefined
                  ? html`<span class="dim">no such app</span>`
                  : html`<a href="/page/apps/${entry.app}">${entry.app}</a>`,
                entry.deployment === undefined
                  ? html`${entry.request === undefined ? NOTHING : foreign(entry.request, 120)}`
                  : html`<a href="/page/deployments/${entry.deployment}"
                      >${entry.request === undefined ? entry.deployment : foreign(entry.request, 120)}</a
                    >`,
                who(entry),
                ago(entry.last_at, nowMs),
                entry.reason === undefined ? NOTHING : foreign(entry.reason, 300),
              ]),
            )
      }
    </div>
    ${older === undefined ? NOTHING : html`<p><a href="/page/requests?before=${older}${only === undefined ? '' : `&only=${only}`}">Older ones</a></p>`}`
}

function who({ sender, address }: AuditEntry): Html {
  const { kind, key, person, claims } = sender
  const name = person ?? claims?.['repository'] ?? key
  return html`${kind}${name === undefined ? NOTHING : html` ${foreign(name, 80)}`}${address === undefined ? NOTHING : html` <span class="dim">${address}</span>`}`
}
