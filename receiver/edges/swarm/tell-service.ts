import { parseImage } from '../../../protocol/image-reference.ts'
import type { SwarmApp } from '../../core/app.ts'
import type { IsOurs, Order } from '../../core/delegated/orchestrator.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { type AuthConfig, authConfig } from '../docker/auth-config.ts'
import { statusOf } from '../docker/errors.ts'
import type { Home } from '../docker/labels.ts'
import type { Platform, Spec, SwarmApi } from './api.ts'
import { explain } from './errors.ts'
import { withFileIds } from './files.ts'
import { markReader, withBefore } from './marks.ts'
import { missingService, serviceLabels, serviceName } from './own-service.ts'
import { changedSpec, ownSpec } from './service-spec.ts'

/** Somebody else may change a service between our look and our word. */
const TRIES = 5

/** How a swarm is told of services: each time with the login of the image's registry, by which its nodes pull. */
export function tellServices({
  swarm,
  home,
  credentials,
  isOurs,
}: {
  swarm: SwarmApi
  home: Pick<Home, 'network' | 'installation'>
  credentials: Credentials
  isOurs: IsOurs
}) {
  /** When the login ends that the swarm has of each service, as far as we know. */
  const sent = new Map<string, number>()

  const loginOf = async (
    repository: string,
    signal: AbortSignal,
  ): Promise<{ known: Known | undefined; auth: AuthConfig | undefined }> => {
    const known = await credentials.of(repository, signal)
    return { known, auth: authConfig(parseImage(repository).registry, known) }
  }

  const note = (name: string, known: Known | undefined) => {
    if (known?.expiresAt === undefined) sent.delete(name)
    else sent.set(name, known.expiresAt)
  }

  const ownSpecOf = (order: Order<SwarmApp>, platforms: readonly Platform[]): Promise<Spec> => {
    const { app } = order
    const labels = serviceLabels(app, home)
    return withFileIds(ownSpec(order, { name: serviceName(app, home), labels, platforms }), swarm)
  }

  return {
    loginOf,
    ownSpecOf,
    /** When the login ends that it was told last for a service. */
    sentUntil: (name: string): number | undefined => sent.get(name),
    forgetLogins: () => sent.clear(),

    /** Changes a service as `change` says, on whatever stands at that moment. Resolves to whether there was something to change. */
    async update(
      name: string,
      repository: string,
      change: (spec: Spec) => Spec | undefined,
      signal: AbortSignal,
      { isBack = false }: { isBack?: boolean } = {},
    ): Promise<boolean> {
      // the nodes have what they ran before: who gives logins may be away
      const { known, auth } = await loginOf(repository, signal).catch((error: unknown) => {
        signal.throwIfAborted()
        if (!isBack) throw error
        return { known: undefined, auth: undefined }
      })
      for (let left = TRIES; ; left--) {
        const standing = await swarm.service(name)
        if (standing === undefined) throw missingService(name)
        const changed = change(standing.Spec)
        if (changed === undefined) return false
        try {
          await swarm.update(standing, changed, auth)
          note(name, known)
          return true
        } catch (error) {
          const isStale = error instanceof Error && error.message.includes('update out of sequence')
          if (!isStale || left === 1) throw explain(error, `cannot change the service ${name}`)
        }
      }
    },

    /** Makes the receiver's own service of an order. */
    async create(
      order: Order<SwarmApp>,
      platforms: readonly Platform[],
      signal: AbortSignal,
    ): Promise<void> {
      const name = serviceName(order.app, home)
      const { known, auth } = await loginOf(order.repository, signal)
      const spec = await ownSpecOf(order, platforms)
      try {
        await swarm.create(spec, auth)
        note(name, known)
      } catch (error) {
        // 409: an earlier try made it
        if (statusOf(error) !== 409 || (await swarm.service(name)) === undefined) {
          throw explain(error, `cannot make the service ${name}`)
        }
      }
    },

    /** What an order makes of a service that stands; nothing, when it is this order's already. */
    async changedBy(order: Order<SwarmApp>, platforms: readonly Platform[]) {
      const isOwn = order.app.swarm.service === undefined
      const wanted = isOwn ? await ownSpecOf(order, platforms) : undefined
      const generationIn = markReader(isOurs)
      return (spec: Spec): Spec | undefined => {
        const { ContainerSpec } = spec.TaskTemplate
        if (generationIn(ContainerSpec) === order.generation) return undefined
        const changed = wanted ?? changedSpec(spec, order, platforms)
        return { ...changed, Labels: withBefore(changed.Labels, ContainerSpec.Image) }
      }
    },
  }
}
