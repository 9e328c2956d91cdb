import type { DockerApp } from '../app.ts'
import type { Container } from './container.ts'
import type { SlotPorts } from './ports.ts'

const PAUSE_MS = 200
/** A worker that read the flag just before the swap connects just after it: one look is not enough. */
const QUIET_MS = 1000

/**
 * Waits until no connection to the old containers is left, at most `drainMs`. Nginx closes its idle ones after 5 s, so
 * these count until then. Returns a line that says how it ended.
 */
export async function drain(
  app: Pick<DockerApp, 'drainMs'>,
  old: readonly Container[],
  ports: Pick<SlotPorts, 'connections' | 'clock'>,
  signal: AbortSignal,
): Promise<string> {
  const began = ports.clock.ms()
  let quietSince: number | undefined
  for (;;) {
    const open = old
      .filter(({ running }) => running)
      .reduce((sum, container) => sum + ports.connections(container), 0)
    const now = ports.clock.ms()
    quietSince = open > 0 ? undefined : (quietSince ?? now)
    if (quietSince !== undefined && now - quietSince >= QUIET_MS) return 'no connection left'
    if (now - began >= app.drainMs) {
      return open > 0
        ? `${open} connections left after ${app.drainMs / 1000} s`
        : 'no connection left'
    }
    await ports.clock.sleep(PAUSE_MS, signal)
  }
}
