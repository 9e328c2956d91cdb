import type { DockerApp } from '../app.ts'
import type { Bookkeeping } from '../journal.ts'
import type { EnginePlan } from '../plan.ts'
import { otherSlot } from './container.ts'
import { STEP_NAMES, type StepName } from './next-step.ts'
import type { SlotRecord, Slots } from './ports.ts'
import { isRecreated } from './recreate.ts'

export interface SlotsPlanPorts {
  journal: Pick<Bookkeeping['journal'], 'live'>
  record: Pick<SlotRecord, 'upstreams' | 'isRecreated'>
  slots: Pick<Slots, 'live'>
}

/** How a deployment of an app would go in its slots. */
export const slotsPlan = (app: DockerApp, ports: SlotsPlanPorts): EnginePlan => ({
  steps: STEP_NAMES.filter((step) => isTaken(step, app)),
  nginx: nginxOf(app, ports),
  pauses: app.http && ports.journal.live(app.name) !== undefined && isRecreated(app, ports.record),
})

function isTaken(step: StepName, { release, project }: DockerApp): boolean {
  if (step === 'release') return release !== undefined
  if (step === 'services' || step === 'workers') return project !== undefined
  return step !== 'migrate' || (project !== undefined && project.oneOffs.length > 0)
}

/** Nginx's files name the port and the replicas of the slot that the new containers get. */
function nginxOf(
  { name, http, port, replicas }: DockerApp,
  { record, slots }: Pick<SlotsPlanPorts, 'record' | 'slots'>,
): EnginePlan['nginx'] {
  if (!http) return 'none'
  const live = slots.live(name)
  const slot = live === undefined ? 'blue' : otherSlot(live)
  const known = record.upstreams(name, { port: port ?? 80, replicas })[slot]
  if (known.replicas !== replicas) return 'reload'
  if (port === undefined) return 'by_image'
  return known.port === port ? 'untouched' : 'reload'
}
