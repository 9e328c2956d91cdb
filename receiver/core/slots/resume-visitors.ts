import type { DockerApp } from '../app.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'
import { asVisitor } from './visitor.ts'

const PAUSE_MS = 100
/** An old version that does not come back in this time is let to its visitors as it is. */
const LONGEST_MS = 30_000

/** Ends a pause of `strategy: recreate` when the old container answers again. */
export async function resumeVisitors(
  app: DockerApp,
  old: Container,
  ports: Pick<SlotPorts, 'slots' | 'probe' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  if (!ports.slots.paused(app.name)) return
  await untilItAnswers(app, old, ports, signal)
  ports.slots.unpause(app.name)
}

/** Waits until a container answers visitors, but not for ever. */
export async function untilItAnswers(
  app: DockerApp,
  container: Container,
  ports: Pick<SlotPorts, 'probe' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const end = ports.clock.ms() + LONGEST_MS
  const request = asVisitor(app, container)
  while (ports.clock.ms() < end) {
    const { timeoutMs } = app.health
    const answer = await ports.probe({ ...request, timeoutMs, signal }).catch(() => undefined)
    if (answer !== undefined && answer.status < 500) break
    await ports.clock.sleep(PAUSE_MS, signal)
  }
}
