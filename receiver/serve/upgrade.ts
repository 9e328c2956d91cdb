import type { DatabaseSync } from 'node:sqlite'
import type { Log } from '../core/log.ts'
import type { StoreTakenOver, Upgrade } from '../edges/store/upgrade.ts'
import { createApp, type Services } from '../http/app.ts'
import { VERSION } from '../version.ts'

/** Says in the log that a version is new here, or that one before it did not come up. */
export function sayWhatBegins({ putBack, upgrade }: StoreTakenOver, log: Log): void {
  if (putBack !== undefined) log('warn', PUT_BACK, { ...putBack })
  if (upgrade !== undefined) log('info', BEGINS, { ...upgrade, to: VERSION })
}

/**
 * Whether this version works with what the one before left: its store is whole, and its routes answer with what is in
 * there. Throws an error that names what does not; the version before, once started, goes on with the copy.
 */
export async function lookAtUpgrade(
  { from, copy }: Upgrade,
  services: Services,
  { database }: { database: DatabaseSync },
): Promise<void> {
  const [bad] = [...lookAtStore(database), ...(await lookAtRoutes(services))]
  if (bad === undefined) return
  const before = from === undefined ? 'the version before' : `version ${from}`
  throw Object.assign(new Error(`version ${VERSION} does not work with what is here: ${bad}`), {
    hint: `${before} goes on when it is started: it takes the store from ${copy}`,
  })
}

function lookAtStore(database: DatabaseSync): string[] {
  const [said] = database.prepare('PRAGMA quick_check(1)').all()
  const result = String(Object.values(said ?? {})[0])
  return result === 'ok' ? [] : [`the store is damaged (${result})`]
}

/** As the local socket has them, for whom no limit counts. */
async function lookAtRoutes(services: Services): Promise<string[]> {
  const app = createApp(services, 'socket')
  const names = [...services.apps.keys()].map((name) => encodeURIComponent(name))
  const paths = [
    '/healthz',
    '/apps',
    ...names.flatMap((name) => [`/apps/${name}`, `/apps/${name}/deployments?limit=1`]),
  ]
  const bad: string[] = []
  for (const path of paths) {
    const { status } = await app.request(`http://localhost${path}`)
    if (status !== 200) bad.push(`it answers ${status} at ${path}`)
  }
  return bad
}

const BEGINS = 'another version takes over: hooks wait until it has looked at itself'

const PUT_BACK =
  'a version that never came up has been here: the store is put back as it was before it, and nothing is lost'
