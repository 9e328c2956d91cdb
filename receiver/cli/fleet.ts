import type { Command } from 'commander'
import { shortDigest } from '../../protocol/image-reference.ts'
import { socketOf } from '../config/socket.ts'
import { printable } from '../core/printable.ts'
import { ago } from './age.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { terminalWidth, wrap } from './fit.ts'
import { sayJson } from './print.ts'
import { table } from './table.ts'

export const fleetCommand = () =>
  command('fleet', 'show what runs at each receiver of `fleet:`, and whether it is the same', [
    ['deploy-receiver fleet', 'each app at each of them'],
    ['deploy-receiver fleet --json', 'for programs'],
  ])
    .addOption(jsonOption())
    .action(exits(async (_own: unknown, self: Command) => fleet(self.optsWithGlobals())))

interface Answer {
  receivers: {
    url: string
    own: boolean
    error: string | null
    apps: {
      name: string
      live: { digest: string; tag?: string; since?: string; release?: string } | null
      under_way: string | null
      last_failed: boolean
    }[]
  }[]
  drift: string[]
}

/** 1 when they do not run the same, or one could not be asked. */
async function fleet({ config, json }: Given & { json?: boolean }): Promise<number> {
  const answer = (await ask(socketOf(config, process.env), '/fleet')) as Answer
  if (json) sayJson(answer)
  else console.log(describe(answer))
  return answer.drift.length > 0 ? 1 : 0
}

function describe({ receivers, drift }: Answer): string {
  const names = [...new Set(receivers.flatMap(({ apps }) => apps.map(({ name }) => name)))].sort()
  const rows = names.flatMap((name) =>
    receivers.flatMap(({ url, error, apps }) => {
      const app = apps.find((each) => each.name === name)
      const { live = null, under_way: underWay = null } = app ?? {}
      return [
        [
          name,
          hostOf(url),
          error !== null ? 'not known' : live === null ? '-' : (live.tag ?? '-'),
          live === null ? '-' : shortDigest(live.digest),
          live?.since === undefined ? '-' : ago(live.since),
          live?.release ?? '-',
          [underWay, app?.last_failed === true ? 'the last one failed' : null]
            .filter((each) => each !== null)
            .join(', ') || '-',
        ],
      ]
    }),
  )
  const shown = table(
    ['APP', 'RECEIVER', 'LIVE', 'DIGEST', 'SINCE', 'RELEASE', 'UNDER WAY'],
    rows,
    { giving: ['RECEIVER', 'RELEASE', 'LIVE'], leaving: ['RELEASE', 'SINCE', 'UNDER WAY'] },
  )
  const said =
    receivers.length === 1
      ? ['fleet: in the config names no other receiver (docs/fleet.md)']
      : drift.length > 0
        ? drift
        : ['all of them run the same']
  const lines = said.flatMap((line) => wrap(printable(line), terminalWidth()))
  return [shown, '', ...lines].join('\n')
}

const hostOf = (url: string) => url.replace(/^https?:\/\//, '')
