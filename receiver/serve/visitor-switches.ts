import type { Clock } from '../core/clock.ts'
import { lookAtDrain, switchDrain } from '../core/drain.ts'
import type { AuditTrail } from '../core/intake/audit.ts'
import type { Log } from '../core/log.ts'
import { lookAtMaintenance, switchMaintenance } from '../core/slots/maintenance.ts'
import type { Services } from '../http/app.ts'
import type { Opened } from './engines/open-docker.ts'
import type { OpenStore } from './open-store.ts'

/** By hand: whether visitors are told of maintenance, and whether load balancers are to send any. */
export function visitorSwitches({
  slots,
  sites,
  ...parts
}: Pick<Opened, 'slots' | 'sites'> &
  Pick<OpenStore, 'record'> & {
    audit: Pick<AuditTrail, 'add'>
    clock: Pick<Clock, 'now'>
    log: Log
  }): Pick<Services, 'maintenance' | 'maintenanceSince' | 'drain'> {
  const ofApp = { ...parts, flags: slots, sites }
  const ofMachine = { ...parts, flag: slots, balancersGet: sites.balancersGet }
  return {
    maintenance: {
      look: (app) => lookAtMaintenance(app, ofApp),
      switch: (what) => switchMaintenance(what, ofApp),
    },
    maintenanceSince: slots.maintenance,
    drain: {
      look: () => lookAtDrain(ofMachine),
      switch: (what) => switchDrain(what, ofMachine),
    },
  }
}
