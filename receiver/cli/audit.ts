import type { Command } from 'commander'
import { socketOf } from '../config/socket.ts'
import type { AuditEntry, Sender } from '../core/intake/audit.ts'
import { ask } from './ask.ts'
import { command, exits, type Given, jsonOption, limitOption } from './command.ts'
import { withShortDigests } from './image-of.ts'
import { say, sayJson } from './print.ts'
import { table } from './table.ts'

export const auditCommand = () =>
  command('audit [app]', 'show who asked for what, from where, and what came of it', [
    ['deploy-receiver audit', 'the last requests, those that were turned away too'],
    ['deploy-receiver audit api -n 100', 'more, of one app'],
  ])
    .addOption(limitOption())
    .addOption(jsonOption())
    .action(
      exits(async (app: string | undefined, _own: unknown, self: Command) =>
        audit(app, self.optsWithGlobals()),
      ),
    )

async function audit(
  app: string | undefined,
  { config, json, limit }: Given & { json?: boolean; limit: number },
): Promise<number> {
  const query = new URLSearchParams({ limit: String(limit), ...(app === undefined ? {} : { app }) })
  const answer = await ask(socketOf(config, process.env), `/audit?${query.toString()}`)
  const { entries } = answer as { entries: AuditEntry[] }
  if (json) {
    sayJson(entries)
    return 0
  }
  if (entries.length === 0) {
    say(app === undefined ? 'nobody has asked for anything yet' : `nothing about ${app} yet`)
    return 0
  }
  console.log(
    table(
      ['LAST', 'TIMES', 'APP', 'OUTCOME', 'FROM', 'WHO', 'WHAT'],
      entries.map((entry) => [
        entry.last_at.replace(/\.\d+Z$/, 'Z'),
        // it is the rule
        entry.count === 1 ? '-' : `${entry.count}x`,
        entry.app ?? '-',
        entry.outcome,
        entry.address ?? 'local socket',
        who(entry.sender),
        what(entry),
      ]),
      { leaving: ['TIMES', 'FROM'], below: ['WHO', 'WHAT'] },
    ),
  )
  return 0
}

export function who({ kind, key, claims = {}, person }: Sender): string {
  if (person !== undefined) return `${kind} ${person}`
  if (kind === 'oidc' && claims['sub'] !== undefined) {
    const { repository = claims['sub'], ref = '', actor } = claims
    return [`oidc ${repository}`, ref, actor && `by ${actor}`].filter(Boolean).join(' ')
  }
  return key === undefined ? kind : `${kind} key ${key}`
}

const what = ({ request, reason, deployment }: AuditEntry) =>
  withShortDigests(
    [request, deployment, reason === undefined ? undefined : `(${reason})`]
      .filter((text) => text !== undefined)
      .join(' '),
  )
