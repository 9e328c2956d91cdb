import { html } from 'hono/html'
import { showDuration } from '../../../protocol/duration.ts'
import type { Shown } from '../admin/show.ts'
import { took } from './app.ts'
import { facts } from './layout.ts'
import {
  ago,
  foreign,
  type Html,
  lines,
  NOTHING,
  outcome,
  type Part,
  source,
  state,
  time,
  version,
} from './text.ts'

/** One deployment: what became of it, why, and each step with its time. */
export function deployment(
  shown: Shown,
  {
    live,
    goBackTo,
    mayAct,
    nowMs,
  }: {
    /** What serves visitors now. */
    live: { id: string } | undefined
    /** The last good digest, when what is live is none. */
    goBackTo: string | undefined
    mayAct: boolean
    nowMs: number
  },
): Html {
  const { deployment: it, asked } = shown
  const what = it.restart === true ? 'restart' : it.action
  return html`<p class="crumbs">
      <a href="/page/apps/${it.app}">${it.app}</a> / <code>${it.id}</code>
    </p>
    <h1>
      ${it.image.tag === undefined ? version(it) : foreign(it.image.tag, 60)}
      <small id="outcome"
        >${outcome(it)}${shown.live ? html` <strong class="tag">live</strong>` : NOTHING}</small
      >
    </h1>
    <div id="deployment">
      ${failure(shown, { live, goBackTo, mayAct })}
      ${facts([
        ['What', html`${what} of ${version(it)}`],
        ['Commit', source(it)],
        ['Asked by', askedBy(asked)],
        ['When', html`${time(it.created_at)} (${ago(it.created_at, nowMs)})`],
        ...(took(it) === '' ? [] : [['Took', took(it)] as const]),
        ...(it.url === undefined
          ? []
          : [
              [
                'Visitors',
                html`<a href="${it.url}" rel="noreferrer noopener">${it.url}</a>`,
              ] as const,
            ]),
        ...places(shown),
      ])}
      <h2>Steps</h2>
      ${timeline(shown, nowMs)}
      ${
        // why it failed may have it already
        shown.last_answer === undefined || it.error?.message.includes(shown.last_answer) === true
          ? NOTHING
          : html`<h2>Last answer of the app</h2>
              ${lines([shown.last_answer])}`
      }
      ${
        it.error?.log === undefined || it.error.log.length === 0
          ? NOTHING
          : html`<h2>What its container printed last</h2>
              ${lines(it.error.log)}`
      }
      <p><a href="/page/apps/${it.app}/logs?of=${it.id}">The log of its containers</a></p>
    </div>`
}

function failure(
  { deployment: { app, id, error, status } }: Shown,
  {
    live,
    goBackTo,
    mayAct,
  }: { live: { id: string } | undefined; goBackTo: string | undefined; mayAct: boolean },
): Part {
  if (error === undefined || status !== 'failed') return NOTHING
  const serves =
    live === undefined
      ? 'Nothing of this app serves visitors.'
      : live.id === id
        ? ''
        : 'The version before still serves.'
  return html`<div class="failure" role="group" aria-label="Why it failed">
    <p><strong>${foreign(error.message, 1000)}</strong></p>
    ${error.hint === undefined ? NOTHING : html`<p>${foreign(error.hint, 1000)}</p>`}
    <p>
      ${serves} <span class="dim">Error code: <code>${error.code}</code></span>
    </p>
    ${mayAct && goBackTo !== undefined ? html`<p><a class="button" href="/page/apps/${app}/do/rollback?to=${goBackTo}">Go back to the last good version</a></p>` : NOTHING}
  </div>`
}

const KINDS: Readonly<Record<string, string>> = {
  oidc: 'a workflow',
  webhook: 'a signed hook',
  basic: 'a token',
  github: 'a webhook of GitHub',
  socket: 'somebody on the machine',
  page: 'the page',
  poll: 'the receiver, which looked at the registry',
}

function askedBy(asked: Shown['asked']): Html {
  if (asked === null) return html`<span class="dim">no longer on record</span>`
  const { sender, address } = asked
  const repository = sender.claims?.['repository']
  return html`${KINDS[sender.kind] ?? sender.kind}${repository === undefined ? NOTHING : html` of ${foreign(repository)}`}${
    sender.person === undefined ? NOTHING : html`, ${foreign(sender.person)}`
  }${address === undefined ? NOTHING : html` <span class="dim">from ${address}</span>`}`
}

function places({
  superseded,
  superseded_by: by,
  replaced_by: replaced,
  deployment: { previous },
}: Shown): (readonly [string, Html])[] {
  const link = (id: string) => html`<a href="/page/deployments/${id}"><code>${id}</code></a>`
  return [
    ...(previous === undefined ? [] : [['Before it', link(previous.deployment)] as const]),
    ...(superseded === undefined ? [] : [['Never run for it', link(superseded)] as const]),
    ...(by === undefined ? [] : [['Superseded by', link(by)] as const]),
    ...(replaced === undefined ? [] : [['Replaced by', link(replaced)] as const]),
  ]
}

/** A bar for each step, as long as it took. */
function timeline({ steps, deployment: { started_at: from, status } }: Shown, nowMs: number): Html {
  if (steps.length === 0) {
    return html`<p class="empty">
      ${status === 'superseded' ? 'It was never run: a newer one came.' : 'It has not begun.'}
    </p>`
  }
  const begin = Date.parse(from ?? steps[0]?.started_at ?? '')
  const endOf = ({ started_at: at, ms }: Shown['steps'][number]) =>
    ms === undefined ? nowMs : Date.parse(at) + ms
  const whole = Math.max(1, ...steps.map((step) => endOf(step) - begin))
  return html`<ol class="steps">
    ${steps.map((step) => {
      const left = Math.max(0, ((Date.parse(step.started_at) - begin) / whole) * 100)
      const width = Math.max(0.5, ((endOf(step) - Date.parse(step.started_at)) / whole) * 100)
      return html`<li>
        <span class="step">${state(STEP[step.status], step.name)}</span>
        <svg
          class="bar ${STEP[step.status]}"
          viewBox="0 0 100 6"
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          <rect x="0" y="2.5" width="100" height="1" />
          <rect
            class="of"
            x="${left.toFixed(2)}"
            y="0"
            width="${Math.min(width, 100 - left).toFixed(2)}"
            height="6"
            rx="0.6"
          />
        </svg>
        <span class="ms">${step.ms === undefined ? '…' : showDuration(step.ms)}</span>
        ${said(step)}
      </li> `
    })}
  </ol>`
}
/** What became of it, else what it is for: not everybody knows the steps by name. */
function said({ name, message }: Shown['steps'][number]): Part {
  const what = message === undefined ? PURPOSES[name] : foreign(message, 300)
  return what === undefined ? NOTHING : html`<span class="said">${what}</span>`
}

const PURPOSES: Readonly<Record<string, string | undefined>> = {
  resolve: 'asks the registry which digest the tag has',
  pull: 'has Docker pull the image',
  services: 'starts what the app needs, and waits for it',
  migrate: 'runs what runs once before each start',
  release: 'runs the release command',
  start: 'starts the new version',
  health: 'asks the new version until it answers well',
  swap: 'sends visitors to the new version',
  workers: 'starts the workers of the new version',
  watch: 'goes back to the old version if the new one fails now',
  drain: 'lets the old version end its requests',
  retire: 'removes the old version',
}

const STEP = { running: 'busy', succeeded: 'good', failed: 'bad' } as const
