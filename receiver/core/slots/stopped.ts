import type { DockerApp } from '../app.ts'
import type { Clock } from '../clock.ts'
import { stopWorkers } from '../project/standing-workers.ts'
import { inParallel } from './in-parallel.ts'
import type { World } from './next-step.ts'
import type { SlotPorts } from './ports.ts'

type StoppedPorts = Pick<SlotPorts, 'record' | 'slots'>

/** Marks an app as stopped, and has visitors told so; `keepStopped` does the rest, whatever happens in between. */
export function markStopped(
  { name, http }: Pick<DockerApp, 'name' | 'http'>,
  { record, slots, clock }: StoppedPorts & { clock: Pick<Clock, 'now'> },
): void {
  const before = record.stopped(name)
  if (before?.isStarting === false) return
  record.setStopped(name, {
    since: before?.since ?? clock.now(),
    wasInMaintenance: before?.wasInMaintenance ?? slots.maintenance(name) !== undefined,
    isStarting: false,
    awaits: before?.awaits ?? [],
  })
  if (http) slots.setMaintenance(name, true)
}

/** It is to run again: `repair` starts it. Nothing when it was not stopped. */
export function markStarting(app: string, { record }: Pick<StoppedPorts, 'record'>): void {
  const before = record.stopped(app)
  if (before !== undefined) record.setStopped(app, { ...before, isStarting: true })
}

/** It runs again: visitors are let in, unless there was maintenance before. Resolves to whether it was stopped. */
export function letIn(app: string, { record, slots }: StoppedPorts): boolean {
  const before = record.stopped(app)
  if (before === undefined) return false
  if (!before.wasInMaintenance) slots.setMaintenance(app, false)
  record.setStopped(app, undefined)
  return true
}

/** Stops what runs of an app that was stopped: by its restart policy Docker may have started it with the machine. */
export async function keepStopped(
  app: DockerApp,
  { containers }: World,
  { engine, slots }: Pick<SlotPorts, 'engine' | 'slots'>,
  signal: AbortSignal,
): Promise<void> {
  if (app.http) slots.setMaintenance(app.name, true)
  // a paused one does not run, and has a process all the same
  const running = containers.filter(({ running: runs, pid }) => runs || pid !== 0)
  await inParallel(running, signal, ({ name }) =>
    engine.stop(name, { graceMs: app.container.stopGraceMs }),
  )
  await stopWorkers(app, { engine }, signal)
}
