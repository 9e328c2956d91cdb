import type { Command } from 'commander'
import type { Deployment } from '../../protocol/deployment.ts'
import { showDuration } from '../../protocol/duration.ts'
import { socketOf } from '../config/socket.ts'
import type { AuditEntry } from '../core/intake/audit.ts'
import { ask } from './ask.ts'
import { who } from './audit.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { sayJson } from './print.ts'
import { layOut } from './lay-out.ts'
import { printable } from '../core/printable.ts'
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
    'show all that is known of a deployment: steps, reason, log, who asked for it',
    [
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
      printable(`${id}  ${actionOf(deployment)} of ${app}: ${status}${live ? ', live' : ''}`),
      // too long to stand behind a name
      ...(image.digest === undefined ? [] : [printable(`  ${image.digest}`)]),
    ].join('\n'),
    layOut(facts(shown), width),
    layOut(
      steps.map((step) => [
        step.name,
        [timeOf(step), shortly(step.message ?? '')].join('  ').trimEnd(),
      ]),
      width,
    ),
    error === undefined
      ? ''
      : layOut(
          [
            ['why', `${error.message} (${error.code})`],
            ['remedy', error.hint],
          ],
          width,
        ),
    (error?.log ?? []).map((line) => `  | ${printable(line)}`).join('\n'),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function facts(shown: Shown): [string, string | undefined][] {
  const { deployment, asked } = shown
  const { image, source, previous } = deployment
  const { repository, ref, sha, run_url: run, actor, message } = source
  const settings = deployment.settings_of
  return [
    ['image', `${image.repository}${image.tag === undefined ? '' : `:${image.tag}`}`],
    ['created', withoutFractions(deployment.created_at)],
    ['live', deployment.live_at && withoutFractions(deployment.live_at)],
    ['over', overAt(deployment)],
    ['asked by', asked === null ? undefined : `${who(asked.sender)}, ${placeOf(asked)}`],
    ['asked', asked?.request && shortly(asked.request)],
    ['source', [repository, ref, sha].filter((each) => each !== undefined).join(' ')],
    ['actor', actor],
    ['message', message],
    ['run', run],
    ['request', deployment.request_id],
    ['url', deployment.url],
    ['settings', settings && `those of ${settings}${ofAll(deployment)}`],
    ['before', previous && `${previous.deployment} of ${shortly(previous.digest)}`],
    ['in place', shown.superseded && `of ${shown.superseded}, which was never run`],
    ['instead', shown.superseded_by && `${shown.superseded_by} came before this was run`],
    ['after', shown.replaced_by],
    ['answer', shown.last_answer],
  ]
}

/** The whole digest stands on a line of its own. */
const shortly = (text: string) => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1')

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

const timeOf = ({ status, ms, started_at: from }: Deployment['steps'][number]): string => {
  const word = status === 'succeeded' ? '' : status
  const took = ms === undefined ? `since ${withoutFractions(from)}` : showDuration(ms)
  return [took.padStart(TIME_WIDTH), word].join(' ').trimEnd()
}
const TIME_WIDTH = 9
