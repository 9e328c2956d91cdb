import type { Clock } from '../clock.ts'
import type { AuditTrail, Sender } from '../intake/audit.ts'
import type { Log } from '../log.ts'
import type { SlotRecord } from './ports.ts'

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
  /** Visitors are told that, whatever there is of maintenance, until the app is started. ISO 8601, UTC; absent: it is not stopped. */
  stoppedSince?: string
  /** What visitors get at this moment; nothing when that could not be seen. */
  seen: readonly Seen[]
}

export interface MaintenancePorts {
  flags: {
    /** Since when. */
    maintenance(app: string): string | undefined
    setMaintenance(app: string, isOn: boolean): void
  }
  record: Pick<SlotRecord, 'stopped' | 'setStopped'>
  sites: { visitorsGet(app: string): Promise<Seen[]> }
  audit: Pick<AuditTrail, 'add'>
  clock: Pick<Clock, 'now'>
  log: Log
}

/**
 * Has Nginx tell visitors of an app that there is maintenance, or no longer: from the next request on, whatever is live, and until it is
 * switched again; of one that is stopped from its start on. Then sees what they get. Throws the file system's own error when the flag cannot be set or taken away.
 */
export async function switchMaintenance(
  { app, isOn, sender }: { app: string; isOn: boolean; sender: Sender },
  ports: MaintenancePorts,
): Promise<Maintenance> {
  const { flags, record, audit, clock, log } = ports
  const request = `maintenance ${isOn ? 'on' : 'off'}`
  if ((sinceOf(app, ports) !== undefined) !== isOn) {
    const stopped = record.stopped(app)
    if (stopped === undefined) flags.setMaintenance(app, isOn)
    else record.setStopped(app, { ...stopped, wasInMaintenance: isOn })
    log('info', request, { app })
    const at = clock.now()
    audit.add({ at, last_at: at, count: 1, app, sender, outcome: 'accepted', request })
  }
  return lookAtMaintenance(app, ports)
}

export async function lookAtMaintenance(
  app: string,
  ports: Pick<MaintenancePorts, 'flags' | 'record' | 'sites'>,
): Promise<Maintenance> {
  const since = sinceOf(app, ports)
  const stopped = ports.record.stopped(app)
  return {
    ...(since === undefined ? {} : { since }),
    ...(stopped === undefined ? {} : { stoppedSince: stopped.since }),
    seen: await ports.sites.visitorsGet(app),
  }
}

/** A stopped app has the flag in any case. */
function sinceOf(
  app: string,
  { flags, record }: Pick<MaintenancePorts, 'flags' | 'record'>,
): string | undefined {
  return record.stopped(app)?.wasInMaintenance === false ? undefined : flags.maintenance(app)
}
