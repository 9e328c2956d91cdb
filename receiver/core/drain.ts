import type { Clock } from './clock.ts'
import type { AuditTrail, Sender } from './intake/audit.ts'
import type { Log } from './log.ts'
import type { Seen } from './slots/maintenance.ts'

/** Whether load balancers are told to send no visitors to this machine. */
export interface Drained {
  /** ISO 8601, UTC; absent: they may. */
  since?: string
  /** What they get where they ask; nothing when that could not be seen. */
  seen: readonly Seen[]
}

export interface DrainPorts {
  flag: { machineDrained(): string | undefined; drainMachine(isOn: boolean): void }
  /** Nginx, asked as a balancer does. */
  balancersGet(): Promise<readonly Seen[]>
  audit: Pick<AuditTrail, 'add'>
  clock: Pick<Clock, 'now'>
  log: Log
}

/** Takes the machine out of its load balancers, or lets it in again, by the next time they ask. Throws the file system's own error. */
export async function switchDrain(
  { isOn, sender }: { isOn: boolean; sender: Sender },
  ports: DrainPorts,
): Promise<Drained> {
  const { flag, audit, clock, log } = ports
  if ((flag.machineDrained() !== undefined) !== isOn) {
    const request = `drain ${isOn ? 'on' : 'off'}`
    flag.drainMachine(isOn)
    log('info', request)
    const at = clock.now()
    audit.add({ at, last_at: at, count: 1, sender, outcome: 'accepted', request })
  }
  return lookAtDrain(ports)
}

export async function lookAtDrain({
  flag,
  balancersGet,
}: Pick<DrainPorts, 'flag' | 'balancersGet'>): Promise<Drained> {
  const since = flag.machineDrained()
  return { ...(since === undefined ? {} : { since }), seen: await balancersGet() }
}
