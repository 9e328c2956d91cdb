import type { DockerApp } from '../app.ts'
import { byGrpc } from './grpc-check.ts'
import { byHttp } from './http-check.ts'
import type { World } from './next-step.ts'
import type { SlotPorts } from './ports.ts'

/** What an app answers when it is asked for its health. */
export interface AppAnswer {
  healthy: boolean
  /** In a line. */
  text: string
  ms: number
}

/**
 * Asks a live container of an app once, as Nginx's visitors ask it; one that says nothing within `limitMs` has not answered.
 * `undefined`: none runs, or it has no visitors.
 */
export async function appAnswer(
  app: DockerApp,
  { live, containers }: World,
  ports: Pick<SlotPorts, 'probe' | 'grpcProbe' | 'listeners' | 'clock'>,
  limitMs: number,
): Promise<AppAnswer | undefined> {
  if (!app.http) return undefined
  const container = containers.find(({ slot, running }) => slot === live && running)
  if (container === undefined) return undefined
  const { health } = app
  const timeoutMs = Math.min(health.timeoutMs, limitMs)
  const asked = { ...app, health: { ...health, timeoutMs } }
  const began = ports.clock.ms()
  const answer = await (health.grpc === true ? byGrpc : byHttp)(
    asked,
    container,
    ports,
    // past its own limit nothing of it is waited for
    ports.clock.timeout(2 * timeoutMs),
  )
  return { healthy: answer.healthy, text: answer.text, ms: Math.round(ports.clock.ms() - began) }
}
