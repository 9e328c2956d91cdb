import type { DockerApp } from '../app.ts'
import { byGrpc } from './grpc-check.ts'
import { byHttp } from './http-check.ts'
import { observe } from './next-step.ts'
import type { SlotPorts } from './ports.ts'

/** What an app answers when it is asked for its health. */
export interface AppAnswer {
  healthy: boolean
  /** In a line. */
  text: string
  ms: number
}

/** Asks a live container of an app once, as Nginx's visitors ask it. `undefined`: none runs, or it has no visitors. */
export async function appAnswer(
  app: DockerApp,
  ports: Pick<SlotPorts, 'slots' | 'engine' | 'probe' | 'grpcProbe' | 'listeners' | 'clock'>,
  signal: AbortSignal,
): Promise<AppAnswer | undefined> {
  if (!app.http) return undefined
  const { live, containers } = await observe(app.name, ports)
  const container = containers.find(({ slot, running }) => slot === live && running)
  if (container === undefined) return undefined
  const began = ports.clock.ms()
  const answer = await (app.health.grpc === true ? byGrpc : byHttp)(app, container, ports, signal)
  return { healthy: answer.healthy, text: answer.text, ms: Math.round(ports.clock.ms() - began) }
}
