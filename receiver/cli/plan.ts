import { shortDigest } from '../../protocol/image-reference.ts'
import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { Plan, Planned } from '../core/plan.ts'
import type { SettingChange } from '../core/slots/settings-changes.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { terminalWidth, wrap } from './fit.ts'
import { imageOf } from './image-of.ts'
import { imageNamed } from './named-image.ts'
import { sayJson } from './print.ts'
import { printable } from '../core/printable.ts'

export const planCommand = () =>
  command('plan <app> [image]', 'show what a deployment would change, and change nothing', [
    ['deploy-receiver plan api', 'for the image that the tag names now'],
    ['deploy-receiver plan api 1.4.2', 'of a tag of its repository'],
  ])
    .addOption(jsonOption())
    .action(
      exits(async (app: string, word: string | undefined, _own: unknown, self: Command) =>
        plan(app, word, self.optsWithGlobals()),
      ),
    )

async function plan(
  app: string,
  word: string | undefined,
  { config, json = false }: Given & { json?: boolean },
): Promise<number> {
  const socket = socketOf(config, process.env)
  const path = `/apps/${encodeURIComponent(app)}`
  const { image } = (await ask(socket, path)) as { image: { repository: string } }
  const query =
    word === undefined ? '' : `?image=${encodeURIComponent(imageNamed(word, image.repository))}`
  const planned = (await ask(socket, `${path}/plan${query}`)) as Planned
  if (json) sayJson(planned)
  else console.log(describe(planned).flatMap(fitting).join('\n'))
  return 0
}

/** What it is about, and what there is to say of it. */
type Line = readonly [what: string, words: string]

function describe(planned: Planned): Line[] {
  const { app, changes, image, live, running, superseded, on_hold: onHold } = planned
  const next = imageOf({ image })
  const isSame = live?.digest === image.digest
  return [
    [
      app,
      changes
        ? `a deployment would change what is below`
        : `nothing would change: a deployment starts a new container of the same image with the same settings`,
    ],
    [
      'image',
      live === null
        ? `nothing is live -> ${next}`
        : isSame
          ? `${next}, as now`
          : `${imageOf({ image: { repository: image.repository, ...live } })} -> ${next}`,
    ],
    ...settingsOf(planned),
    ['steps', planned.steps.join(', ')],
    ['Nginx', NGINX[planned.nginx]],
    [
      'visitors',
      planned.pauses ? PAUSES : 'do not notice: the new container is live before the old one ends',
    ],
    ...(planned.notes ?? []).map((note): Line => ['note', note]),
    ...reloadOf(planned),
    ...(running === null ? [] : [['before', `${running} runs, and has to be over first`] as const]),
    ...superseded.map((id) => ['before', `${id} waits, and would be superseded`] as const),
    ...(onHold === null
      ? []
      : [
          [
            'on hold',
            `${shortDigest(onHold.digest)} is on hold since ${onHold.deployment} went back from it: this order lifts that`,
          ] as const,
        ]),
  ]
}

const PAUSES = 'wait while the old container ends and the new one starts (strategy: recreate)'

const NGINX: Readonly<Record<Plan['nginx'], string>> = {
  untouched: 'its files stay as they are, and it is not reloaded',
  reload: 'gets another port or number of replicas, and is reloaded once',
  by_image: 'is reloaded only if the image EXPOSEs another port than the one before',
  none: 'leads nobody to it (http: false)',
}

function settingsOf({ live, settings }: Plan): Line[] {
  if (live === null) return []
  if (settings === null) return [['settings', 'those of the live release are not known']]
  if (settings.length === 0) return [['settings', 'as now']]
  return settings.map((each) => ['settings', changeOf(each)])
}

/** The file may have been edited since it was read. */
function reloadOf({ reload: { changes, problem } }: Planned): Line[] {
  if (problem !== undefined) {
    return [['reload', `would be refused, so the config that was read before holds: ${problem}`]]
  }
  if (changes.length === 0) return []
  return [
    ['reload', 'the config was edited, and this waits for deploy-receiver reload:'],
    ...changes.map((each) => ['', changeOf(each)] as const),
  ]
}

function changeOf({ setting, change, secret, from, to }: SettingChange): string {
  if (secret) return `${setting} ${change} (secret)`
  if (from === undefined) return `+ ${setting}: ${to}`
  return to === undefined ? `- ${setting}: ${from}` : `${setting}: ${from} -> ${to}`
}

const MARGIN = 12

function fitting([what, words]: Line, at: number): string[] {
  const label = printable(what)
  if (at === 0) return wrap(`${label}: ${printable(words)}`, terminalWidth())
  const width = Math.max(MARGIN, terminalWidth() - MARGIN)
  return wrap(printable(words), width).map(
    (line, n) => `${(n === 0 ? `  ${label}` : '').padEnd(MARGIN)}${line}`,
  )
}
