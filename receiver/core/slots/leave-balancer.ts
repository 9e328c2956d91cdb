import { showDuration } from '../../../protocol/duration.ts'
import type { StepContext } from './next-step.ts'

/**
 * Has load balancers send the app's visitors to other machines, before anything of it stops here, and gives them the time that they take
 * to notice. It is begun anew after a crash; whatever becomes of the deployment, its end brings them back.
 */
export async function leaveBalancer({
  app: { name, http, drainBalancerMs = 0 },
  world,
  ports: { slots, clock },
  progress,
  signal,
}: Pick<StepContext, 'app' | 'world' | 'ports' | 'progress' | 'signal'>): Promise<void> {
  if (drainBalancerMs === 0 || !http || world.live === undefined) return
  slots.setDrained(name, true)
  progress({
    message: `load balancers are told to send visitors elsewhere; ${showDuration(drainBalancerMs)} for them to notice`,
  })
  await clock.sleep(drainBalancerMs, signal)
}
