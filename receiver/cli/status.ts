import { type Command, Option } from 'commander'
import type { Deployment } from '../../protocol/deployment.ts'
import { shortDigest } from '../../protocol/image-reference.ts'
import { socketOf } from '../config/socket.ts'
import { projectLine } from './project-line.ts'
import { besideOursRemedy } from '../core/project/beside-ours.ts'
import { type DescribedTraffic, inAMinute, sinceSwap } from '../core/traffic/describe.ts'
import { type DescribedPreview, outlived } from '../core/previews/described.ts'
import { ago, fromNow } from './age.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import type { DrainAnswer } from './drain.ts'
import { terminalWidth, wrap } from './fit.ts'
import { imageOf } from './image-of.ts'
import { remarksOf, type TargetAnswer } from './notify.ts'
import { sayJson } from './print.ts'
import { printable } from '../core/printable.ts'
import { table } from './table.ts'
import { withoutFractions } from './words.ts'

interface App {
  name: string
  domains: string[]
  live: Deployment | null
  current: Deployment | null
  last: Deployment | null
  on_hold: { digest: string; deployment: string; since: string }[]
  volumes: { path: string; volume: string }[]
  maintenance_since: string | null
  stopped_since: string | null
  awaits_data: readonly string[]
  /** Absent of an older receiver. */
  drift?: string | null
  /** Absent of an older receiver. */
  no_https?: string | null
  /** Absent of an older receiver; `null`: it is not told of requests, or there was none. */
  traffic?: DescribedTraffic | null
  /** Absent of an older receiver; `null`: it is not a preview. */
  preview?: DescribedPreview | null
  /** Absent of an older receiver. */
  previews_broken?: string | null
  /** Absent of an older receiver. */
  project?: {
    name: string
    service: string
    one_offs: string[]
    workers: string[]
    dependencies: string[]
    passed_over: string[]
    beside_ours: string[]
  } | null
}

export const statusCommand = () =>
  command('status [app]', 'show what is live, since when, what is under way, and what is on hold', [
    ['deploy-receiver status', 'all apps'],
    ['deploy-receiver status --watch', 'a screen to leave open, with how the containers are'],
    ['deploy-receiver status api --json', 'one, with all details'],
  ])
    .addOption(
      new Option('--watch', 'go on showing it, on a terminal, until q or Ctrl-C').conflicts('json'),
    )
    .addOption(jsonOption())
    .action(
      exits(async (app: string | undefined, _own: unknown, self: Command) =>
        status(app, self.optsWithGlobals()),
      ),
    )

async function status(
  app: string | undefined,
  { config, json, watch: isWatched }: Given & { json?: boolean; watch?: boolean },
): Promise<number> {
  const socket = socketOf(config, process.env)
  if (isWatched) {
    const { watch } = await import('./watch.ts')
    await watch(app, socket)
    return 0
  }
  const [apps, untold, drained] =
    app === undefined
      ? await Promise.all([
          ask(socket, '/apps').then((answer) => (answer as { apps: App[] }).apps),
          // an older receiver has none
          json === true ? [] : ask(socket, '/notify').then(untoldIn, () => []),
          json === true ? [] : ask(socket, '/drain').then(drainedIn, () => []),
        ])
      : [[(await ask(socket, `/apps/${encodeURIComponent(app)}`)) as App], [], []]
  if (json) sayJson(app === undefined ? apps : apps[0])
  else console.log(describe(apps, [...drained, ...untold]))
  return 0
}

const drainedIn = (answer: unknown) => {
  const { since } = answer as DrainAnswer
  if (since === null) return []
  return [
    `this machine is drained since ${withoutFractions(since)}: load balancers send visitors elsewhere; deploy-receiver drain off lets them in again`,
  ]
}

const untoldIn = (answer: unknown) => remarksOf((answer as { targets: TargetAnswer[] }).targets)

function describe(apps: readonly App[], untold: readonly string[]): string {
  const hasTraffic = apps.some(({ traffic = null }) => traffic !== null)
  const hasPreviews = apps.some(({ preview = null }) => preview !== null)
  const rows = table(
    [
      'APP',
      'LIVE',
      'SINCE',
      'DEPLOYMENT',
      'UNDER WAY',
      ...(hasTraffic ? ['TRAFFIC'] : []),
      ...(hasPreviews ? ['GOES'] : []),
      'DOMAINS',
    ],
    apps.map(({ name, live, current, domains, traffic = null, preview = null }) => [
      name,
      live === null ? 'nothing yet' : imageOf(live),
      live?.live_at === undefined ? '-' : ago(live.live_at),
      live?.id ?? '-',
      current === null ? '-' : `${current.id} ${current.steps.at(-1)?.name ?? current.status}`,
      ...(hasTraffic ? [traffic === null ? '-' : inAMinute(traffic)] : []),
      ...(hasPreviews ? [goesOf(preview)] : []),
      domains.join(' ') || '-',
    ]),
    { giving: ['DOMAINS', 'UNDER WAY', 'LIVE', ...(hasTraffic ? ['TRAFFIC'] : [])] },
  )
  const remarks = [
    ...untold,
    ...apps.flatMap((each) => [
      ...failureOf(each),
      ...closedOf(each),
      ...outlivedOf(each),
      ...brokenOf(each),
      ...(typeof each.drift === 'string' ? [each.drift] : []),
      ...(typeof each.no_https === 'string'
        ? [`${each.name}: no HTTPS yet: ${each.no_https}`]
        : []),
      ...releaseOf(each),
      ...holdsOf(each),
      ...volumesOf(each),
      ...projectOf(each),
      ...swapOf(each),
    ]),
  ]
  const lines = remarks.flatMap((line) => wrap(printable(line), terminalWidth()))
  return [rows, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')
}

const failureOf = ({ name, last }: App): string[] =>
  last?.status === 'failed'
    ? [
        `${name}: the last deployment failed, ${ago(last.finished_at ?? last.created_at)}; deploy-receiver show ${name} says why`,
      ]
    : []

function closedOf({
  name,
  maintenance_since: since,
  stopped_since: stopped,
  awaits_data: awaits,
}: App): string[] {
  if (awaits.length > 0) {
    return [
      `${name}: was restored without its data, and waits for ${awaits.join(', ')}; when that is there, deploy-receiver start ${name}`,
    ]
  }
  if (stopped !== null) {
    return [
      `${name}: stopped since ${withoutFractions(stopped)}, and visitors are told so; deploy-receiver start ${name} starts it again, and so does a deployment`,
    ]
  }
  if (since === null) return []
  return [
    `${name}: visitors are told since ${withoutFractions(since)} that there is maintenance; deploy-receiver maintenance ${name} off lets them in again`,
  ]
}

const goesOf = (preview: DescribedPreview | null): string =>
  preview === null ? '-' : preview.goes_at === null ? 'never' : fromNow(preview.goes_at)

/** That it goes for another reason than its time. */
function outlivedOf({ name, preview = null }: App): string[] {
  if (preview?.goes_by === 'removal') return [`${name}: is being removed`]
  if (preview === null || preview.closed_since === null || preview.goes_at === null) return []
  return [
    `${name}: ${outlived(name)} since ${withoutFractions(preview.closed_since)}; it goes at the next look, ${fromNow(preview.goes_at)} (${withoutFractions(preview.goes_at)}), unless that is there again or it is deployed again by then`,
  ]
}

const brokenOf = ({ name, previews_broken: why = null }: App): string[] =>
  why === null
    ? []
    : [
        `${name}: none of its previews is made or updated: ${why.replaceAll('\n', '; ')}; deploy-receiver check says where`,
      ]

const swapOf = ({ name, traffic = null }: App): string[] => {
  const said = traffic === null ? undefined : sinceSwap(traffic)
  const at = traffic?.swap?.at
  return said === undefined || at === undefined ? [] : [`${name}: ${said} ${ago(at)}`]
}

/** It went to several receivers. */
const releaseOf = ({ name, live }: App): string[] =>
  live?.source.release === undefined
    ? []
    : [`${name}: is of the release ${live.source.release} over several receivers`]

const holdsOf = ({ name, on_hold: onHold }: App) =>
  onHold.map(
    ({ digest, deployment, since }) =>
      `${name}: ${shortDigest(digest)} is on hold since ${deployment} went back from it, ${ago(since)}; deploy-receiver deploy ${name} lifts that, and so does another digest`,
  )

const volumesOf = ({ name, volumes }: App) =>
  volumes.map(({ path, volume }) => `${name}: ${path} is kept in the volume ${volume}`)

/** What else of its Compose project follows it, what of its service does not hold here, and what runs beside it. */
function projectOf({ name, project }: App): string[] {
  if (project === undefined || project === null) return []
  const { one_offs: before, workers: after, passed_over: passedOver, beside_ours: beside } = project
  const line = projectLine({ ...project, before, after, compose: project.dependencies })
  return [
    `${name}: ${line}`,
    ...(passedOver.length === 0 ? [] : [`${name}: passed over: ${passedOver.join(', ')}`]),
    ...(beside.length === 0
      ? []
      : [`${name}: Compose runs ${beside.join(', ')} beside ours: ${besideOursRemedy(name)}`]),
  ]
}
