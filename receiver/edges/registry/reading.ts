import { parseImage } from '../../../protocol/image-reference.ts'
import { PASSING } from '../../core/again.ts'
import { DeployError } from '../../core/errors.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { withLogin } from '../credentials/with-login.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'
import { unreachable } from './failures.ts'
import type { Way, Ways } from './ways.ts'

/** Whom a repository is asked as, and where. */
export interface Asked {
  known: Known | undefined
  way: Way
}

/** Reads a repository with the login that there is for its registry, at a mirror when the registry itself fails. */
export type ReadRepository = <T>(
  repository: string,
  signal: AbortSignal,
  read: (client: RegistryClient, asked: Asked) => Promise<T>,
) => Promise<T>

export function createReading(credentials: Credentials, findWays: Ways): ReadRepository {
  /** The last client of each repository and way: it has a token, which spares two requests. */
  const clients = new Map<string, { as: string; way: Way; client: RegistryClient }>()

  const clientOf = (repository: string, { known, way }: Asked): RegistryClient => {
    const key = `${repository} ${way.base}`
    const as = JSON.stringify(known?.login ?? null)
    const before = clients.get(key)
    if (before?.as === as && before.way === way) return before.client
    const client = createRegistryClient(repository, known?.login, way)
    clients.set(key, { as, way, client })
    return client
  }

  return async (repository, signal, read) => {
    const { registry } = parseImage(repository)
    const at = (asked: Asked) => read(clientOf(repository, asked), asked)
    let mirrors: readonly Way[] = []
    try {
      const ways = await findWays.of(registry, signal)
      mirrors = ways.mirrors
      return await withLogin(credentials, repository, signal, (known) =>
        at({ known, way: ways.own }),
      )
    } catch (error) {
      if (signal.aborted) throw inWords(signal.reason, repository)
      // a mirror helps where the registry cannot be had, not where it refuses
      if (!(error instanceof DeployError) || !PASSING.has(error.code)) throw error
      if (error.code === 'registry_unreachable') findWays.forget(registry)
      for (const way of mirrors) {
        try {
          return await at({ known: undefined, way })
        } catch {
          signal.throwIfAborted()
        }
      }
      throw error
    }
  }
}

/** A deadline that passed says nothing by itself. */
const inWords = (reason: unknown, repository: string) =>
  reason instanceof Error && reason.name === 'TimeoutError'
    ? unreachable(repository, 'it did not answer in time', { cause: reason })
    : reason
