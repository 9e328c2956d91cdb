import { parseImage } from '../../../protocol/image-reference.ts'
import { DeployError } from '../../core/errors.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { withLogin } from '../credentials/with-login.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'
import { unreachable } from './failures.ts'
import type { Way, Ways } from './transport.ts'

/** Whom a repository is asked as, and where. */
export interface Asked {
  known: Known | undefined
  way: Way
}

/** Reads a repository with the login that there is for it. */
export type ReadRepository = <T>(
  repository: string,
  signal: AbortSignal,
  read: (client: RegistryClient, asked: Asked) => Promise<T>,
) => Promise<T>

export function createReading({
  credentials,
  ways,
  redact,
}: {
  credentials: Credentials
  ways: Ways
  /** A registry may repeat what it was sent. */
  redact: (text: string) => string
}): ReadRepository {
  /** The last client of each repository: it has a token, which spares two requests. */
  const clients = new Map<string, { as: string; way: Way; client: RegistryClient }>()

  const clientOf = (repository: string, { known, way }: Asked): RegistryClient => {
    const as = JSON.stringify(known?.login ?? null)
    const before = clients.get(repository)
    if (before?.as === as && before.way === way) return before.client
    const client = createRegistryClient(repository, known?.login, way)
    clients.set(repository, { as, way, client })
    return client
  }

  return async (repository, signal, read) => {
    const { registry } = parseImage(repository)
    try {
      const way = await ways.to(registry, signal)
      return await withLogin(credentials, repository, signal, (known) =>
        read(clientOf(repository, { known, way }), { known, way }),
      )
    } catch (caught) {
      const error = signal.aborted ? inWords(signal.reason, repository) : caught
      if (!(error instanceof DeployError)) throw error
      if (error.code === 'registry_unreachable') ways.forget(registry)
      throw redacted(error, redact)
    }
  }
}

/** A deadline that passed says nothing by itself. */
const inWords = (reason: unknown, repository: string) =>
  reason instanceof Error && reason.name === 'TimeoutError'
    ? unreachable(repository, 'it did not answer in time', { cause: reason })
    : reason

function redacted(error: DeployError, redact: (text: string) => string): DeployError {
  const { code, message, hint, retryAfterMs, cause } = error
  return new DeployError(code, redact(message), {
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    cause,
  })
}
