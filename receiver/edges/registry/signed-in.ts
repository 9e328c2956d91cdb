import { parseImage } from '../../../protocol/image-reference.ts'
import type { Credentials, Known } from '../credentials/credentials.ts'
import { createRegistryClient, type RegistryClient } from './client.ts'

/** A client for a repository with the login that there is for its registry. Throws `DeployError` when that cannot be had. */
export async function signedInClient(
  repository: string,
  credentials: Pick<Credentials, 'of'>,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch,
): Promise<{ client: RegistryClient; known: Known | undefined }> {
  const known = await credentials.of(parseImage(repository).registry, signal)
  return { client: createRegistryClient(repository, known?.login, fetch), known }
}
