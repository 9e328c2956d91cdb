import type { DockerApp } from '../app.ts'
import type { Container, SlotPorts } from './ports.ts'

const PAUSE_MS = 100
/** An old version that does not come back in this time is let to its visitors as it is. */
const LONGEST_MS = 30_000

/** Ends a pause of `strategy: recreate` when the old container answers again. */
export async function resumeVisitors(
  app: DockerApp,
  { address, port }: Container,
  ports: Pick<SlotPorts, 'slots' | 'probe' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  if (!ports.slots.paused(app.name)) return
  const end = ports.clock.ms() + LONGEST_MS
  const url = `http://${address}:${app.health.port ?? port}${app.health.path ?? '/'}`
  while (ports.clock.ms() < end) {
    const { headers, timeoutMs } = app.health
    const answer = await ports.probe({ url, headers, timeoutMs, signal }).catch(() => undefined)
    if (answer !== undefined && answer.status < 500) break
    await ports.clock.sleep(PAUSE_MS, signal)
  }
  ports.slots.unpause(app.name)
}
