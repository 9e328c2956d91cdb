import type { SwarmApp } from '../../core/app.ts'
import type { IsOurs, Order } from '../../core/delegated/orchestrator.ts'
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

/** The generation of the order that a container of a task or a service is of, as far as it is one of ours. */
export type GenerationIn = (
  container: { Image?: string; Labels?: Readonly<Record<string, string>> | null } | undefined,
) => number | undefined

/** Reads marks: there is none when another image stands there by now. Of many tasks of an order the record is asked once. */
export function markReader(isOurs: IsOurs): GenerationIn {
  const answers = new Map<string, boolean>()
  return (container) => {
    const { Image, Labels } = container ?? {}
    const { [MARK.app]: app = '', [MARK.deployment]: deployment = '' } = Labels ?? {}
    const { [MARK.generation]: generation, [MARK.digest]: digest } = Labels ?? {}
    if (generation === undefined || digest === undefined) return undefined
    if (Image?.endsWith(`@${digest}`) !== true) return undefined
    const key = `${app} ${generation} ${deployment}`
    const isKnown = answers.get(key) ?? isOurs({ app, deployment, generation: Number(generation) })
    answers.set(key, isKnown)
    return isKnown ? Number(generation) : undefined
  }
}

/** The deployment that a container was made for, whoever made it. */
export const deploymentIn = ({
  Labels,
}: { Labels?: Readonly<Record<string, string>> | null } = {}) => Labels?.[MARK.deployment]

export const withBefore = (
  labels: Readonly<Record<string, string>> | null | undefined,
  image: string,
): Record<string, string> => ({ ...labels, [BEFORE]: image })

export const beforeIn = ({ Labels }: Pick<Spec, 'Labels'>): string | undefined => Labels?.[BEFORE]
