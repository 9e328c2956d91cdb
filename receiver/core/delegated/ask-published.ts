import type { KubernetesApp, SwarmApp } from '../app.ts'
import type { Clock } from '../clock.ts'
import type { AppAnswer } from '../slots/app-answer.ts'
import { byGrpc } from '../slots/grpc-check.ts'
import { byHttp } from '../slots/http-check.ts'
import type { GrpcProbe, Probe } from '../slots/ports.ts'
import { publishedAt } from './published-at.ts'

/**
 * What an app answers where it is published. A node that has no task of it does not answer, nor does one that is lost: one node has to
 * answer well, and none badly.
 */
export async function askPublished(
  app: SwarmApp | KubernetesApp,
  { clock, ...probes }: Probes & { clock: Pick<Clock, 'ms'> },
  signal: AbortSignal,
): Promise<AppAnswer | undefined> {
  const began = clock.ms()
  const answers = await Promise.all(
    publishedAt(app).map((place) => askNode(app, place, probes, signal)),
  )
  const told =
    answers.find(({ answered, healthy }) => answered && !healthy) ??
    answers.find(({ healthy }) => healthy) ??
    answers[0]
  if (told === undefined) return undefined
  return { healthy: told.healthy, text: told.text, ms: Math.round(clock.ms() - began) }
}

interface Probes {
  probe: Probe
  grpcProbe: GrpcProbe
}

async function askNode(
  app: SwarmApp | KubernetesApp,
  place: string,
  { probe, grpcProbe }: Probes,
  signal: AbortSignal,
) {
  const { hostname: address, port } = new URL(`http://${place}`)
  let answered = false
  const noted = async <T>(answer: Promise<T>): Promise<T> => {
    const given = await answer
    answered = true
    return given
  }
  const { healthy, text } = await (app.health.grpc === true ? byGrpc : byHttp)(
    app,
    { address, port: Number(port), pid: 0 },
    {
      probe: (request) => noted(probe(request)),
      grpcProbe: (request) => noted(grpcProbe(request)),
      listeners: () => [],
    },
    signal,
  )
  return { answered, healthy, text }
}
