import { imageOf } from '../journal.ts'
import { addressesOf, choosePort, startAll } from './containers.ts'
import { drain } from './drain.ts'
import { inParallel } from './in-parallel.ts'
import { removeContainer } from './kept-logs.ts'
import { leaveBalancer } from './leave-balancer.ts'
import { inSlot, others, type StepContext, targetSlot } from './next-step.ts'
import type { Slot } from './container.ts'
import type { Upstream } from './ports.ts'
import { isRecreated } from './recreate.ts'
import { claimVolumes, describeVolumes } from './volumes.ts'
import { warmGeneration } from './warm.ts'

/**
 * The step `start`: the containers of this deployment run in the slot that is not live, or the ones that a rollback found
 * standing there are taken for its own. Returns a line that says where.
 */
export async function start(context: StepContext): Promise<string> {
  const { app, stored, world, ports, leaves, signal } = context
  // what came of it is on record now, so that it need not be found again
  if (app.release !== undefined) await ports.engine.removeReleases(app.name)
  const image = imageOf(stored)
  const volumes = await claimVolumes(app, image, world, ports)
  ports.record.setRecreated(app.name, volumes.length > 0)
  const slot = targetSlot(stored, world)
  const warm = warmGeneration(stored, world, slot, { replicas: app.replicas, ports })
  if (warm !== undefined) ports.record.standIn(stored.deployment.id, warm)
  const generation = warm ?? stored.standsIn
  const inTheWay = inSlot(world, slot).filter((each) => each.generation !== generation)
  const standing = world.containers.filter((each) => each.generation === generation)
  const port = await choosePort(app, image, ports)
  const plan = { app, deployment: stored.deployment.id, generation, slot, ...image, port, volumes }
  const makeWay = async () => {
    await inParallel(inTheWay, signal, (container) => removeContainer(container, app, ports))
    // before the old one stops: only by now Nginx may know that there are pauses
    if (app.http) await show(context, slot, { port, replicas: app.replicas })
    await leaveBalancer(context)
  }
  if (isRecreated(app, ports.record)) {
    await makeWay()
    await stopOld(context)
    await startAll(plan, { standing }, ports, signal)
  } else {
    const started = await startAll(plan, { standing, makeWay }, ports, signal)
    const left = world.containers.filter((each) => ![...inTheWay, ...standing].includes(each))
    if (started !== undefined) leaves([...left, ...started])
  }
  const where = app.http ? `${slot} at ${addressesOf(app, slot, ports)}:${port}` : slot
  return [warm === undefined ? where : `${where}, where it still stood`, describeVolumes(volumes)]
    .filter((each) => each !== '')
    .join('; ')
}

/** What cannot run twice: visitors are asked to wait, requests under way end, and the old container stops. */
async function stopOld({
  app,
  stored,
  world,
  ports,
  signal,
  progress,
}: StepContext): Promise<void> {
  const old = others(stored, world).filter(({ running }) => running)
  if (old.length === 0) return
  if (app.http) {
    ports.slots.pause(app.name)
    progress({ message: `visitors are asked to wait; ${await drain(app, old, ports, signal)}` })
  }
  await inParallel(old, signal, ({ name }) =>
    ports.engine.stop(name, { graceMs: app.container.stopGraceMs }),
  )
}

/** Has Nginx know where the slot will be, before requests go there, and sees that visitors come to it. */
async function show(
  { app, stored, ports, signal, progress }: StepContext,
  slot: Slot,
  upstream: Upstream,
): Promise<void> {
  ports.record.setUpstream(app.name, slot, upstream)
  const upstreams = ports.record.upstreams(app.name, upstream)
  const { warnings } = await ports.sites.ensure({ [app.name]: upstreams })
  for (const each of warnings) progress({ message: `warning: Nginx: ${each}` })
  const { url, warning } = await ports.sites.ask(app.name, signal)
  if (warning !== undefined) progress({ message: `warning: ${warning}` })
  if (url !== undefined && url !== stored.deployment.url) {
    progress({ message: `visitors come to it by ${url}`, url })
  }
  const why = ports.whyPlain?.(app.name)
  if (why !== undefined) progress({ message: `no HTTPS yet: ${why}`, no_https: why })
}
