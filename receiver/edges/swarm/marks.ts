import type { SwarmApp } from '../../core/app.ts'
import type { Order } from '../../core/delegated/orchestrator.ts'
import type { Spec } from './api.ts'

/** Labels of tasks, by which it is known of which order they are. `docker stack deploy` writes a service without them. */
const MARK = {
  app: 'deploy-receiver.app',
  deployment: 'deploy-receiver.deployment',
  generation: 'deploy-receiver.generation',
  digest: 'deploy-receiver.digest',
} as const

/** Label of a service: the image that it ran before the order that stands, which has to be known when there is no other record. */
const BEFORE = 'deploy-receiver.before'

export const marksOf = ({
  app,
  deployment,
  generation,
  digest,
}: Order<SwarmApp>): Record<string, string> => ({
  [MARK.app]: app.name,
  [MARK.deployment]: deployment,
  [MARK.generation]: String(generation),
  [MARK.digest]: digest,
})

/** Labels without ours. */
export const unmarked = (
  labels: Readonly<Record<string, string>> | null | undefined,
): Record<string, string> => {
  const ours: readonly string[] = Object.values(MARK)
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => !ours.includes(name)))
}

/** The generation of an order, from the container of a task or a service; `undefined` when another image stands there by now. */
export function generationIn(
  container: { Image?: string; Labels?: Readonly<Record<string, string>> | null } | undefined,
): number | undefined {
  const { [MARK.generation]: generation, [MARK.digest]: digest } = container?.Labels ?? {}
  if (generation === undefined || digest === undefined) return undefined
  return container?.Image?.endsWith(`@${digest}`) === true ? Number(generation) : undefined
}

export const withBefore = (
  labels: Readonly<Record<string, string>> | null | undefined,
  image: string,
): Record<string, string> => ({ ...labels, [BEFORE]: image })

export const beforeIn = ({ Labels }: Pick<Spec, 'Labels'>): string | undefined => Labels?.[BEFORE]
