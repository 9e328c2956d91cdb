import { socketOf } from '../config/socket.ts'
import type { AuditEntry, Sender } from '../core/intake/audit.ts'
import type { Options } from './options.ts'
import { ask } from './ask.ts'
import { table } from './table.ts'

/** `deploy-receiver audit [app]`: who asked for what, from where, and what came of it, newest first. */
export async function audit({ config, json, limit, rest: [app] }: Options): Promise<number> {
  const query = new URLSearchParams({ limit, ...(app === undefined ? {} : { app }) })
  const answer = await ask(socketOf(config, process.env), `/audit?${query.toString()}`)
  const { entries } = answer as { entries: AuditEntry[] }
  if (json) {
    console.log(JSON.stringify(entries))
    return 0
  }
  if (entries.length === 0) {
    console.log(
      app === undefined ? 'nobody has asked for anything yet' : `nothing about ${app} yet`,
    )
    return 0
  }
  console.log(
    table(
      ['LAST', 'TIMES', 'APP', 'OUTCOME', 'FROM', 'WHO', 'WHAT'],
      entries.map((entry) => [
        entry.last_at.replace(/\.\d+Z$/, 'Z'),
        String(entry.count),
        entry.app ?? '-',
        entry.outcome,
        entry.address ?? 'local socket',
        who(entry.sender),
        what(entry),
      ]),
    ),
  )
  return 0
}

function who({ kind, key, claims = {} }: Sender): string {
  if (kind === 'oidc' && claims['sub'] !== undefined) {
    const { repository = claims['sub'], ref = '', actor } = claims
    return `oidc ${repository} ${ref}${actor === undefined ? '' : ` by ${actor}`}`.trim()
  }
  return key === undefined ? kind : `${kind} key ${key}`
}

const what = ({ request, reason, deployment }: AuditEntry) =>
  [request, deployment, reason === undefined ? undefined : `(${reason})`]
    .filter((text) => text !== undefined)
    .join(' ')
