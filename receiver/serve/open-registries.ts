import type Docker from 'dockerode'
import type { Config } from '../config/config.ts'
import { loginFor, type Logins } from '../config/login-for.ts'
import { secretsOf } from '../config/secrets-of.ts'
import { createCredentials, type Credentials } from '../edges/credentials/credentials.ts'
import { registrySettingsOf } from '../edges/docker/registry-settings.ts'
import { createReading, type ReadRepository } from '../edges/registry/reading.ts'
import { createTransport } from '../edges/registry/transport.ts'
import { createRedactor, type Redactor } from '../core/redaction/redactor.ts'

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

/** How a config's registries are read by a command that is no receiver. */
export const openReading = (
  config: Config,
  { docker, env }: { docker: () => Promise<Docker>; env: NodeJS.ProcessEnv },
): ReadRepository =>
  openRegistries({
    logins: () => ({ apps: Object.values(config.apps), registries: config.registries }),
    docker,
    env,
    redactor: createRedactor(secretsOf(config)),
  }).read
