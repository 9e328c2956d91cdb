import type { Clock } from '../clock.ts'
import type { AuditTrail, Sender } from '../intake/audit.ts'
import type { Log } from '../log.ts'

/** What a visitor got of an app. */
export interface Seen {
  /** What he asked for. */
  at: string
  /** Status of the answer; absent: there was none. */
  status?: number
}

/** Whether visitors are told that there is maintenance. */
export interface Maintenance {
  /** ISO 8601, UTC; absent: it is off. */
  since?: string
  /** What visitors get at this moment; nothing when that could not be seen. */
  seen: readonly Seen[]
}

export interface MaintenancePorts {
  flags: {
    /** Since when. */
    maintenance(app: string): string | undefined
    setMaintenance(app: string, isOn: boolean): void
  }
  sites: { visitorsGet(app: string): Promise<Seen[]> }
  audit: Pick<AuditTrail, 'add'>
  clock: Pick<Clock, 'now'>
  log: Log
}

/**
 * Has Nginx tell visitors of an app that there is maintenance, or no longer: from the next request on, whatever is live, and until it is
 * switched again. Then sees what they get. Throws the file system's own error when the flag cannot be set or taken away.
 */
export async function switchMaintenance(
  { app, isOn, sender }: { app: string; isOn: boolean; sender: Sender },
  ports: MaintenancePorts,
): Promise<Maintenance> {
  const { flags, audit, clock, log } = ports
  const request = `maintenance ${isOn ? 'on' : 'off'}`
  if ((flags.maintenance(app) !== undefined) !== isOn) {
    flags.setMaintenance(app, isOn)
    log('info', request, { app })
    const at = clock.now()
    audit.add({ at, last_at: at, count: 1, app, sender, outcome: 'accepted', request })
  }
  return lookAtMaintenance(app, ports)
}

export async function lookAtMaintenance(
  app: string,
  { flags, sites }: Pick<MaintenancePorts, 'flags' | 'sites'>,
): Promise<Maintenance> {
  const since = flags.maintenance(app)
  return { ...(since === undefined ? {} : { since }), seen: await sites.visitorsGet(app) }
}
