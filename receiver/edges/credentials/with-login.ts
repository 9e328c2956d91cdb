import { DeployError } from '../../core/errors.ts'
import type { Credentials, Known } from './credentials.ts'

/** Asks with the login of a registry; one that is refused and can be renewed is renewed once. */
export async function withLogin<T>(
  credentials: Credentials,
  host: string,
  signal: AbortSignal,
  ask: (known: Known | undefined) => Promise<T>,
): Promise<T> {
  const known = await credentials.of(host, signal)
  try {
    return await ask(known)
  } catch (error) {
    const isRefused = error instanceof DeployError && error.code === 'registry_denied'
    if (!isRefused || known?.isRenewable !== true) throw error
    credentials.forget(host)
    return ask(await credentials.of(host, signal))
  }
}
