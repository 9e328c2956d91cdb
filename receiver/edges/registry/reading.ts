import { parseImage } from '../../../protocol/image-reference.ts'
import { DeployError } from '../../core/errors.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { withRenewableLogin } from '../credentials/renew-login.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'
import { unreachable } from './failures.ts'
import type { Route, Transport } from './transport.ts'

/** Whom a repository is asked as, and where. */
export interface Asked {
  known: Known | undefined
  route: Route
}

/** Reads a repository with the login that there is for it. */
export type ReadRepository = <T>(
  repository: string,
  signal: AbortSignal,
  read: (client: RegistryClient, asked: Asked) => Promise<T>,
) => Promise<T>

export function createReading({
  credentials,
  transport,
  redact,
}: {
  credentials: Credentials
  transport: Transport
  /** A registry may repeat what it was sent. */
  redact: (text: string) => string
}): ReadRepository {
  /** The last client of each repository: it has a token, which spares two requests. */
  const clients = new Map<string, { as: string; route: Route; client: RegistryClient }>()

  const clientOf = (repository: string, { known, route }: Asked): RegistryClient => {
    const as = JSON.stringify(known?.login ?? null)
    const before = clients.get(repository)
    if (before?.as === as && before.route === route) return before.client
    const client = createRegistryClient(repository, known?.login, route)
    clients.set(repository, { as, route, client })
    return client
  }

  return async (repository, signal, read) => {
    const { registry } = parseImage(repository)
    try {
      const route = await transport.to(registry, signal)
      return await withRenewableLogin(credentials, repository, signal, (known) =>
        read(clientOf(repository, { known, route }), { known, route }),
      )
    } catch (caught) {
      const error = signal.aborted ? inWords(signal.reason, repository) : caught
      if (!(error instanceof DeployError)) throw error
      if (error.code === 'registry_unreachable') transport.forget(registry)
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
