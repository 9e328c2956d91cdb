import { html, raw } from 'hono/html'
import { showDuration } from '../../../protocol/duration.ts'
import type { Deployment } from '../../../protocol/deployment.ts'
import { type DescribedTraffic, inAMinute, sinceSwap } from '../../core/traffic/describe.ts'
import { ACTIONS, type ActionName } from './actions.ts'
import { type AppLine, stateOf, whoRuns } from './apps.ts'
import { facts, table } from './layout.ts'
import { brokenNote, outlivedNote, previewFact, previewHook } from './preview.ts'
import {
  ago,
  commit,
  digits,
  foreign,
  type Html,
  NOTHING,
  outcome,
  type Part,
  source,
  version,
} from './text.ts'

/** One app: what is live, what can be done, and what became of it so far. */
export function app(
  line: AppLine,
  {
    history,
    older,
    isOlder,
    mayAct,
    nowMs,
  }: {
    history: readonly Deployment[]
    /** The last of them, if there are more. */
    older: string | undefined
    /** Whether there are newer ones than these. */
    isOlder: boolean
    mayAct: boolean
    nowMs: number
  },
): Html {
  const { name, live, domains, on_hold: holds, drift, preview, no_https: plain } = line
  return html`<h1>${name} <small id="state">${stateOf(line)}</small></h1>
    <div id="now">
      ${
        live === null
          ? html`<p class="empty">
              Nothing of it is live yet: push, or <code>deploy-receiver deploy ${name}</code>.
            </p>`
          : facts([
              ['Version', version(live)],
              ['Commit', source(live)],
              ['Live since', live.live_at === undefined ? NOTHING : ago(live.live_at, nowMs)],
              ['Visitors', live.url === undefined ? domains.join(', ') || 'none' : link(live.url)],
              [line.engine === 'docker' ? 'Containers' : 'Replicas', containers(line)],
              ...(preview === null ? [] : [['Preview', previewFact(preview, nowMs)] as const]),
              ...(line.traffic === null ? [] : [['Traffic', trafficOf(line.traffic)] as const]),
              ...(line.health?.answer === undefined
                ? []
                : [['Answers', foreign(line.health.answer.text, 200)] as const]),
            ])
      }
      ${outlivedNote(line, nowMs)} ${brokenNote(line.previews_broken)}
      ${typeof drift === 'string' ? html`<p class="note">${foreign(drift, 500)}</p>` : NOTHING}
      ${
        typeof plain === 'string'
          ? html`<p class="note">No HTTPS yet: ${foreign(plain, 500)}</p>`
          : NOTHING
      }
      ${holds.map(
        ({ digest, deployment, since }) =>
          html`<p class="note">
            <code>${digits(digest)}</code> is on hold:
            <a href="/page/deployments/${deployment}">${deployment}</a> went back from it
            ${ago(since, nowMs)}. What a registry says does not bring it back; an order does.
            ${
              mayAct
                ? html`<a class="button small" href="/page/apps/${name}/do/bring-back?to=${digest}"
                    >${ACTIONS['bring-back'].word}</a
                  >`
                : NOTHING
            }
          </p>`,
      )}
      ${mayAct ? actions(line) : NOTHING}
    </div>
    <section aria-labelledby="h-history">
      <h2 id="h-history">History</h2>
      <div id="history">
        ${
          history.length === 0
            ? html`<p class="empty">Nothing was deployed yet.</p>`
            : table(
                `Deployments of ${name}, the newest first`,
                ['Deployment', 'What', 'Version', 'Commit', 'When', 'Took', ''],
                history.map((each) => row(each, { live, mayAct, nowMs })),
              )
        }
        ${isOlder || older !== undefined ? pages(name, { isOlder, older }) : NOTHING}
      </div>
    </section>
    <section aria-labelledby="h-hooks">
      <h2 id="h-hooks">How it is deployed</h2>
      ${line.preview === null ? hooks(line) : previewHook(line.name, line.hook, line.preview)}
    </section>
    <p><a href="/page/apps/${name}/logs">Its log, as it is written</a></p>`
}

const pages = (
  name: string,
  { isOlder, older }: { isOlder: boolean; older: string | undefined },
): Html =>
  html`<p class="tabs">
    ${isOlder ? html`<a href="/page/apps/${name}">Newest</a>` : NOTHING}
    ${older === undefined ? NOTHING : html`<a href="/page/apps/${name}?before=${older}">Older</a>`}
  </p>`

function row(
  each: Deployment,
  { live, mayAct, nowMs }: { live: Deployment | null; mayAct: boolean; nowMs: number },
): Part[] {
  const isLive = each.id === live?.id
  const canGoBack =
    mayAct && !isLive && each.status === 'succeeded' && each.image.digest !== live?.image.digest
  return [
    html`<a href="/page/deployments/${each.id}">${outcome(each)}</a
      >${isLive ? html` <strong class="tag">live</strong>` : NOTHING}`,
    html`${each.restart === true ? 'restart' : each.action}`,
    version(each),
    commit(each),
    ago(each.created_at, nowMs),
    html`<span class="took">${took(each)}</span>`,
    canGoBack
      ? html`<a class="button small" href="/page/apps/${each.app}/do/rollback?to=${each.id}"
          >Go back to it</a
        >`
      : NOTHING,
  ]
}

export function took({ started_at: from, finished_at: to }: Deployment): string {
  return from === undefined || to === undefined
    ? ''
    : showDuration(Date.parse(to) - Date.parse(from))
}

function containers({ engine, health, volumes }: AppLine): Html {
  if (health === null) return html`${whoRuns(engine)} does not say`
  const { running, containers: all, restarts } = health
  const kept =
    volumes.length === 0
      ? NOTHING
      : html`; keeps ${volumes.map(({ path }) => html`<code>${path}</code> `)}`
  return html`${running} of ${all}
  run${restarts > 0 ? `, started again ${restarts} times` : ''}${kept}`
}

const trafficOf = (traffic: DescribedTraffic): Html => {
  const swapped = sinceSwap(traffic)
  return html`${inAMinute(traffic)}${swapped === undefined ? NOTHING : html`<div class="dim">${swapped}</div>`}`
}

const link = (url: string): Html => html`<a href="${url}" rel="noreferrer noopener">${url}</a>`

/** What may be asked of an app now. */
export function possible({
  engine,
  live,
  stopped_since: stopped,
  maintenance_since: maintenance,
  current,
  domains,
}: AppLine): ActionName[] {
  if (live === null) return ['deploy']
  return [
    'deploy',
    ...(current === null ? (['restart'] as const) : []),
    ...(live.previous === undefined ? [] : (['rollback'] as const)),
    ...(stopped !== null
      ? (['start'] as const)
      : current === null && engine === 'docker'
        ? (['stop'] as const)
        : []),
    ...(domains.length === 0 || stopped !== null
      ? []
      : maintenance === null
        ? (['maintenance-on'] as const)
        : (['maintenance-off'] as const)),
  ]
}

const actions = (line: AppLine): Html =>
  html`<p class="actions">
    ${possible(line).map(
      (each) =>
        html`<a
          class="button${raw(ACTIONS[each].danger ? ' danger' : '')}"
          href="/page/apps/${line.name}/do/${each}"
          >${ACTIONS[each].word}</a
        > `,
    )}
  </p>`

const KINDS: Readonly<Record<string, string>> = {
  oidc: 'GitHub Actions by OIDC: no secret',
  ed25519: 'a key pair (Standard Webhooks)',
  hmac: 'a shared secret (Standard Webhooks)',
  basic: "a URL with a token, as App Service's CI_CD_URL and registries send it",
  github: "GitHub's own webhooks",
}

const hooks = ({ name, hook, accepts }: AppLine): Html =>
  html`${facts([
      ['Hook', html`<code>POST ${hook}</code>`],
      [
        'Takes',
        html`${accepts.length === 0 ? 'nothing from outside: it is deployed on its machine alone' : accepts.map((kind) => html`<div>${KINDS[kind] ?? kind}</div>`)}`,
      ],
    ])}
    <p class="dim">
      <code>deploy-receiver hook ${name}</code> prints the workflow step and the curl lines; with
      <code>--test</code> it looks whether a hook arrives.
    </p>`
