import type { AppSpec } from './app.ts'
import { own } from './plan.ts'
import type { Container, Ports, StoredDeployment } from './ports.ts'
import { choosePort, imageOf } from './steps.ts'

/**
 * Puts right what stands between deployments: the live container runs, and nothing else of the app does. Used at
 * start-up, after a crash of the receiver, a restart of the engine or someone's `docker rm`. Failures are reported, not
 * thrown: a deployment may still mend what this could not.
 */
export async function keepStanding(app: AppSpec, ports: Ports, signal: AbortSignal): Promise<void> {
  try {
    const waiting = ports.journal.next(app.name)
    const live = ports.journal.live(app.name)
    const world = {
      live: ports.slots.live(app.name),
      containers: await ports.engine.containers(app.name),
    }
    // a deployment under way owns what stands
    if (waiting?.deployment.status === 'running') return
    if (live !== undefined) await standUp(app, live, own(live, world), ports, signal)
    if (ports.slots.paused(app.name)) ports.slots.resume(app.name)
    for (const leftover of world.containers) {
      if (leftover.generation === live?.generation) continue
      ports.report('removing a leftover container', { container: leftover.name })
      await ports.engine.remove(leftover.name, { graceMs: app.container.stopGraceMs })
    }
  } catch (error) {
    signal.throwIfAborted()
    ports.report('could not look after the app', { app: app.name, error })
  }
}

async function standUp(
  app: AppSpec,
  live: StoredDeployment,
  container: Container | undefined,
  ports: Ports,
  signal: AbortSignal,
): Promise<void> {
  if (container?.running === true) return
  ports.report(
    container === undefined
      ? 'the live container is gone: starting it anew'
      : 'the live container stands still: starting it',
    { app: app.name, deployment: live.deployment.id },
  )
  const slot = container?.slot ?? ports.slots.live(app.name) ?? 'blue'
  const image = imageOf(live)
  if (container === undefined) await ports.engine.pull(image, { progress: () => {}, signal })
  await ports.engine.start({
    app,
    deployment: live.deployment.id,
    generation: live.generation,
    slot,
    ...image,
    address: ports.journal.address(app.name, slot),
    port: await choosePort(app, image, ports),
  })
}
