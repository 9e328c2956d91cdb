import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../protocol/duration.ts'
import { socketOf } from '../config/socket.ts'
import type { LogEntry } from '../core/slots/logs.ts'
import { NoReceiver, openStream } from './ask.ts'
import { command, exits, type Given, jsonOption } from './command.ts'
import { printable, printableJson } from '../core/printable.ts'

/** So often, and after such a pause each, a receiver that is away is asked again. */
const MOST_CUTS = 60
const AGAIN_MS = 500

interface LogsOptions extends Given {
  follow?: true
  previous?: true
  deployment?: string
  service?: string
  since?: string
  tail: string
  timestamps?: true
  json?: boolean
}

export const logsCommand = () =>
  command('logs <app>', 'show what the containers of an app print, or of a deployment printed', [
    ['deploy-receiver logs api -f', 'what is live, and goes on with the next deployment'],
    ['deploy-receiver logs api --previous', 'what was live before'],
    ['deploy-receiver logs api --deployment dep_01kb3x8gqa', 'one that failed, too'],
    ['deploy-receiver logs shop --service worker -f', 'of a service of its Compose project'],
    ['deploy-receiver logs api --since 10m -n all', 'the last ten minutes'],
  ])
    .option('-f, --follow', 'go on as lines come, also over a deployment to its new containers')
    .addOption(
      new Option('--previous', 'of the deployment that was live before').conflicts('deployment'),
    )
    .option('--service <name>', 'of a service that follows the app in its Compose project')
    .option(
      '--deployment <id>',
      'of that deployment: its id or the beginning of it; the app: its newest',
    )
    .option('--since <when>', 'none before: 10m ago, or 2026-03-01T12:00:00Z', momentOf)
    .option('-n, --tail <lines>', 'the last lines of each replica, or all', tailOf, '100')
    .option('-t, --timestamps', 'say of each line when it was printed')
    .addOption(jsonOption())
    .action(
      exits(async (app: string, _own: unknown, self: Command) => logs(app, self.optsWithGlobals())),
    )

/** To the nanosecond, as lines have it. */
export function momentOf(text: string): string {
  const agoMs = parseDuration(text)
  const date = agoMs === undefined ? new Date(text) : new Date(Date.now() - agoMs)
  // what else a Date takes, `10` for one, would be a guess
  const isPlain = agoMs !== undefined || /^\d{4}-\d\d-\d\d/.test(text)
  if (isPlain && !Number.isNaN(date.getTime())) return date.toISOString().replace('Z', '000000Z')
  throw new InvalidArgumentError('Write a duration like 10m or 1h30m, or 2026-03-01T12:00:00Z.')
}

function tailOf(text: string): string {
  if (text === 'all' || /^\d{1,6}$/.test(text)) return text
  throw new InvalidArgumentError('Write a number of lines, or all.')
}

async function logs(app: string, options: LogsOptions): Promise<number> {
  const socket = socketOf(options.config, process.env)
  // `head` has seen enough
  process.stdout.on('error', () => process.exit(0))
  const seen = new Map<string, string>()
  let of: (LogEntry & { kind: 'of' }) | undefined
  for (let cuts = 0; ; cuts++) {
    try {
      for await (const entry of entriesOf(socket, app, options, earliest(seen))) {
        cuts = 0
        if (entry.kind === 'of') {
          if (of !== undefined && of.deployment !== entry.deployment) tell(live(entry, app))
          of = entry
        } else {
          const key = `${of?.deployment} ${entry.replica}`
          if (entry.at <= (seen.get(key) ?? '')) continue
          if (options.follow) seen.set(key, entry.at)
        }
        await print(entry, of, options)
      }
      return 0
    } catch (error) {
      // a receiver that is restarted comes back; what it says is another matter
      const isCut = of !== undefined && (error instanceof NoReceiver || isReset(error))
      if (!options.follow || !isCut || cuts >= MOST_CUTS) throw error
      if (cuts === 0) tell('the receiver went away: asking it again')
      await pause(AGAIN_MS)
    }
  }
}

const isReset = (error: unknown) =>
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as { code?: string }).code ?? '')

const earliest = (seen: ReadonlyMap<string, string>): string | undefined =>
  [...seen.values()].toSorted()[0]

async function* entriesOf(
  socket: string,
  app: string,
  { previous, deployment, service, follow, since, tail }: LogsOptions,
  after: string | undefined,
): AsyncGenerator<LogEntry> {
  const query = new URLSearchParams({
    of: deployment ?? (previous ? 'previous' : 'live'),
    tail: after === undefined ? tail : 'all',
    ...(follow ? { follow: 'true' } : {}),
    ...(service === undefined ? {} : { service }),
    ...((after ?? since) === undefined ? {} : { since: after ?? since ?? '' }),
  })
  const path = `/apps/${encodeURIComponent(app)}/logs?${query.toString()}`
  for await (const line of linesOf(await openStream(socket, path))) {
    yield JSON.parse(line) as LogEntry
  }
}

/** Node's readline would part them at U+2028, too, which may stand in what a container printed. */
async function* linesOf(incoming: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const text of incoming.setEncoding('utf8')) {
    const lines = `${rest}${text as string}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function print(
  entry: LogEntry,
  of: (LogEntry & { kind: 'of' }) | undefined,
  { json, timestamps }: LogsOptions,
): Promise<void> {
  const line = json ? printableJson(entry) : entry.kind === 'line' ? lineOf(entry) : undefined
  if (line !== undefined && !process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')

  function lineOf({ replica, at, text }: LogEntry & { kind: 'line' }): string {
    const name = (of?.replicas ?? 1) > 1 ? `${replica} | ` : ''
    return `${name}${timestamps ? `${at} ` : ''}${process.stdout.isTTY ? onTerminal(text) : text}`
  }
}

/** Whoever printed it is not to move the cursor; programs that read it get it as it is. */
export const onTerminal = (text: string): string => text.split('\t').map(printable).join('\t')

/** Beside the lines, which may be for a program. */
const tell = (text: string) => console.error(`-- ${printable(text)}`)

const live = ({ deployment }: { deployment: string }, app: string) =>
  `${deployment} of ${app} is live now, in new containers`
