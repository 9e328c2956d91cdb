import type { Command } from 'commander'
import type { Deployment } from '../../protocol/deployment.ts'
import { showDuration } from '../../protocol/duration.ts'
import { eventLine } from '../../protocol/event-line.ts'
import { shortDigest } from '../../protocol/image-reference.ts'
import { socketOf } from '../config/socket.ts'
import type { AuditEntry } from '../core/intake/audit.ts'
import { ask } from './ask.ts'
import { who } from './audit.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { hang } from './fit.ts'
import { withShortDigests } from './image-of.ts'
import { sayJson } from './print.ts'
import { printable } from '../core/printable.ts'
import { inColour } from './progress.ts'
import { layOut, layOutLog } from './lay-out.ts'
import { actionOf, withoutFractions } from './words.ts'

/** As the receiver tells it. */
interface Shown {
  deployment: Deployment
  live: boolean
  steps: (Deployment['steps'][number] & { message?: string })[]
  last_answer?: string
  asked: AuditEntry | null
  superseded?: string
  superseded_by?: string
  replaced_by?: string
}

export const showCommand = () =>
  command(
    'show <deployment>',
    'show all details of a deployment: steps, reason, log, who asked for it',
    [
      ['deploy-receiver show api', 'the newest of an app: why it failed, and what it printed'],
      ['deploy-receiver show dep_01kb3x8gqa', 'the beginning of its id is enough'],
      ['deploy-receiver show dep_01kb3x8gqa --json', 'for programs'],
    ],
  )
    .addOption(jsonOption())
    .action(
      exits(async (id: string, _own: unknown, self: Command) => show(id, self.optsWithGlobals())),
    )

async function show(id: string, { config, json }: Given & { json?: boolean }): Promise<number> {
  const path = `/show/${encodeURIComponent(id)}`
  const shown = (await ask(socketOf(config, process.env), path)) as Shown
  if (json) sayJson(shown)
  else console.log(describe(shown))
  return 0
}

/** For a terminal: what it is, who asked, what it did, and if it failed, why. */
export function describe(shown: Shown, width = process.stdout.columns ?? 80): string {
  const { deployment, live, steps } = shown
  const { id, app, status, image, error } = deployment
  const parts = [
    [
      ...hang(
        printable(`${id}  ${actionOf(deployment)} of ${app}: ${status}${live ? ', live' : ''}`),
        width,
      ),
      ...(image.digest === undefined ? [] : [`  ${digestWithin(printable(image.digest), width)}`]),
    ].join('\n'),
    layOut(facts(shown), width),
    steps
      .map((step) => inColour(hang(lineOf(step, error?.message), width).join('\n'), process.stdout))
      .join('\n'),
    error === undefined
      ? ''
      : layOut(
          [
            ['why', `${error.message} (${error.code})`],
            ['remedy', error.hint],
          ],
          width,
        ),
    layOutLog(error?.log ?? [], width),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function facts(shown: Shown): [string, string | undefined][] {
  const { deployment, asked } = shown
  const { image, source, previous } = deployment
  const { repository, ref, sha, run_url: run, actor, message, release } = source
  const settings = deployment.settings_of
  return [
    ['image', `${image.repository}${image.tag === undefined ? '' : `:${image.tag}`}`],
    ['created', withoutFractions(deployment.created_at)],
    ['live', deployment.live_at && withoutFractions(deployment.live_at)],
    ['over', overAt(deployment)],
    ['asked by', asked === null ? undefined : `${who(asked.sender)}, ${placeOf(asked)}`],
    ['asked', asked?.request && withShortDigests(asked.request)],
    ['source', [repository, ref, sha].filter((each) => each !== undefined).join(' ')],
    ['actor', actor],
    ['message', message],
    ['run', run],
    ['release', release],
    ['request', deployment.request_id],
    ['url', deployment.url],
    ['settings', settings && `those of ${settings}${ofAll(deployment)}`],
    ['before', previous && `${previous.deployment} of ${withShortDigests(previous.digest)}`],
    ['in place', shown.superseded && `of ${shown.superseded}, which was never run`],
    ['instead', shown.superseded_by && `${shown.superseded_by} came before this was run`],
    ['after', shown.replaced_by],
    ['answer', shown.last_answer],
  ]
}

/** Whole, on a line of its own; of one in two pieces nobody could take it from there. */
const digestWithin = (digest: string, width: number) =>
  INDENT + digest.length <= width ? digest : shortDigest(digest)
const INDENT = 2

const ofAll = ({ release_settings: all }: Deployment) =>
  all === true ? ', rights and secrets too' : '; rights and secrets are the config’s'

const placeOf = ({ address }: AuditEntry) =>
  address === undefined ? 'on the VM' : `from ${address}`

function overAt({ started_at: from, finished_at: to }: Deployment): string | undefined {
  if (to === undefined) return undefined
  const took =
    from === undefined ? '' : `, after ${showDuration(Date.parse(to) - Date.parse(from))}`
  return `${withoutFractions(to)}${took}`
}

/** As it was told while it ran; why the deployment failed stands below all of them. */
function lineOf(
  { name, status, ms, started_at: from, message = '' }: Shown['steps'][number],
  why: string | undefined,
): string {
  const said = message === why ? '' : message
  if (status === 'running') {
    const waits = message === '' ? '' : `: ${withShortDigests(message)}`
    return printable(`… ${name.padEnd(8)} since ${withoutFractions(from)}${waits}`)
  }
  const step = { step: name, status, at: from, message: said, ...(ms === undefined ? {} : { ms }) }
  return printable(withShortDigests(eventLine({ type: 'step', ...step })))
}
