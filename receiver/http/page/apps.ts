import { html } from 'hono/html'
import type { AppAnswer } from '../../core/slots/app-answer.ts'
import type { AppHealth } from '../../core/slots/app-health.ts'
import type { describeApp } from '../read/describe-app.ts'
import { table } from './layout.ts'
import { previewLine } from './preview.ts'
import {
  ago,
  foreign,
  type Html,
  NOTHING,
  outcome,
  type Part,
  commit,
  state,
  version,
} from './text.ts'

/** An app as the overview has it. */
export type AppLine = ReturnType<typeof describeApp> & {
  /** `null`: the engine does not say. */
  health: (AppHealth & { answer?: AppAnswer }) | null
}

/** All apps, a line each. */
export function apps(all: readonly AppLine[], nowMs: number): Html {
  if (all.length === 0) {
    return html`<h1>Apps</h1>
      <p class="empty">
        There is no app yet. Write one under <code>apps:</code> in the config, then
        <code>deploy-receiver reload</code>.
      </p>`
  }
  const bad = all.filter(({ last }) => last?.status === 'failed').length
  const busy = all.filter(({ current }) => current !== null).length
  return html`<h1>Apps</h1>
    <p class="sum">
      ${all.length}
      ${all.length === 1 ? 'app' : 'apps'}${busy > 0 ? `, ${busy} under way` : ''}${bad > 0 ? `, ${bad} whose last deployment failed` : ''}
    </p>
    <div id="apps">
      ${table(
        'Apps, and what is live of each',
        ['App', 'State', 'Version', 'Commit', 'Live since', 'Last deployment'],
        all.map((app) => [
          html`<a href="/page/apps/${app.name}">${app.name}</a>${previewLine(app, nowMs)}`,
          stateOf(app),
          app.live === null ? html`<span class="dim">nothing yet</span>` : version(app.live),
          app.live === null ? NOTHING : commit(app.live),
          app.live?.live_at === undefined ? NOTHING : ago(app.live.live_at, nowMs),
          lastOf(app, nowMs),
        ]),
      )}
    </div>`
}

/** How an app is for its visitors, at this moment. */
export function stateOf({
  engine,
  current,
  stopped_since: stopped,
  maintenance_since: maintenance,
  live,
  health,
  traffic,
}: AppLine): Html {
  const doing =
    current === null
      ? NOTHING
      : html` <a href="/page/deployments/${current.id}"
          >${state('busy', current.steps.at(-1)?.name ?? current.status)}</a
        >`
  return html`${serving()}${doing}`

  function serving(): Html {
    if (stopped !== null) return state('off', 'stopped')
    if (maintenance !== null) return state('off', 'maintenance')
    if (live === null) return state('dim', 'not live')
    if (health === null) return state('dim', `${whoRuns(engine)} does not say`)
    const { containers, running, health: check, answer } = health
    // of what an orchestrator runs somebody may want none
    if (containers === 0 && engine !== 'docker') return state('off', 'scaled to 0')
    if (running < containers || containers === 0) {
      return state('bad', running === 0 ? 'down' : `${running} of ${containers} run`)
    }
    if (check === 'unhealthy') return state('bad', 'unhealthy')
    if (check === 'starting') return state('busy', 'starting')
    if (answer?.healthy === false)
      return html`${state('bad', 'unhealthy')}
        <span class="clip dim">${foreign(answer.text, 120)}</span>`
    const [speed, what] =
      traffic === null
        ? [answer && `${answer.ms} ms`, 'until it answered when it was asked for its health']
        : [`${traffic.requests}/min`, 'requests of visitors within the last minute']
    return html`${state('good', 'live')}${speed === undefined ? NOTHING : html` <span class="dim" title="${what}">${speed}</span>`}`
  }
}

/** Who is asked how an app is, in words for people. */
export const whoRuns = (engine: AppLine['engine']): string =>
  ({ docker: 'Docker', swarm: 'the swarm', kubernetes: 'the cluster' })[engine]

function lastOf({ last, live }: AppLine, nowMs: number): Part {
  if (last === null) return NOTHING
  const why =
    last.id !== live?.id && last.error !== undefined
      ? html` <span class="clip dim">${foreign(last.error.message, 120)}</span>`
      : NOTHING
  const how = html`<a href="/page/deployments/${last.id}">${outcome(last)}</a>`
  // when that was stands beside it already
  if (last.id === live?.id && last.status === 'succeeded') return how
  return html`${how} ${ago(last.finished_at ?? last.created_at, nowMs)}${why}`
}
