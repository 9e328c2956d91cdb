import { DeployError } from '../../core/errors.ts'
import type { Credentials, Known } from './credentials.ts'

/** Asks with the login for a repository; one that is refused and can be renewed is renewed once. */
export async function withRenewableLogin<T>(
  credentials: Credentials,
  repository: string,
  signal: AbortSignal,
  ask: (known: Known | undefined) => Promise<T>,
): Promise<T> {
  const known = await credentials.of(repository, signal)
  try {
    return await ask(known)
  } catch (error) {
    const isRefused = error instanceof DeployError && error.code === 'registry_denied'
    if (!isRefused || known?.isRenewable !== true) throw error
    credentials.forget(repository)
    return ask(await credentials.of(repository, signal))
  }
}
