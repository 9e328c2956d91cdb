import type Docker from 'dockerode'
import { loginFor, type Logins } from '../config/login-for.ts'
import { createCredentials, type Credentials } from '../edges/credentials/credentials.ts'
import { registrySettingsOf } from '../edges/docker/registry-settings.ts'
import { createReading, type ReadRepository } from '../edges/registry/reading.ts'
import { createTransport } from '../edges/registry/transport.ts'
import type { Redactor } from '../core/redaction/redactor.ts'

/** How registries are signed in to and read, by the config and as Docker was told. Nothing is asked yet. */
export function openRegistries({
  logins,
  docker,
  env,
  redactor: { redact, learnTokens },
}: {
  /** Those in force. */
  logins: () => Logins
  /** Rejects when there is none: the registries are asked all the same. */
  docker: () => Promise<Docker>
  env: NodeJS.ProcessEnv
  redactor: Redactor
}): { credentials: Credentials; read: ReadRepository } {
  const credentials = createCredentials({
    loginFor: (repository) => loginFor(logins(), repository),
    env,
    learn: learnTokens,
  })
  const transport = createTransport({
    settings: async () => registrySettingsOf(await docker()),
    env,
  })
  return { credentials, read: createReading({ credentials, transport, redact }) }
}
