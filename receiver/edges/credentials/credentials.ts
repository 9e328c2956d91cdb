import { readFileSync } from 'node:fs'
import { parseImage } from '../../../protocol/image-reference.ts'
import { fileFailure } from '../../core/file-failure.ts'
import type { RegistryLogin } from '../../core/image/registry.ts'
import { azureLogin } from './azure.ts'
import { dockerConfigFile, dockerLogin } from './docker-config.ts'
import { ecrLogin } from './ecr.ts'
import { gcpLogin } from './gcp.ts'
import { githubAppLogin } from './github-app.ts'
import { type Issued, type Login, loginFailed } from './login.ts'

/** A login is renewed so long before its end, or at the last tenth of its life when that is less. */
const EARLY_MS = 10 * 60 * 1000
const LONGEST_MS = 24 * 60 * 60 * 1000

/** A value that no log may show, and the name that stands for it. */
interface Secret {
  name: string
  value: string
}

export interface Known {
  login: Login
  /** Where it is from, for people. */
  from: string
  /** Milliseconds since the epoch; absent: it does not end by itself. */
  expiresAt?: number
  /** Whether another one can be asked for. */
  isRenewable: boolean
}

/** The logins of registries, by the repository that is asked for: as configured, else as Docker itself has them. */
export interface Credentials {
  /** `undefined`: none, so the registry is asked anonymously. Throws `DeployError`. */
  of(repository: string, signal: AbortSignal): Promise<Known | undefined>
  /** What is kept was refused: the next one is asked for anew. */
  forget(repository: string): void
}

export function createCredentials({
  loginFor,
  env,
  learn,
  fetch = globalThis.fetch,
  now = Date.now,
}: {
  /** As configured now for a repository. */
  loginFor: (repository: string) => RegistryLogin | undefined
  env: NodeJS.ProcessEnv
  /** Hears of every secret before it is used, so that no log shows it. */
  learn: (secrets: readonly Secret[]) => void
  fetch?: typeof globalThis.fetch
  now?: () => number
}): Credentials {
  const kept = new WeakMap<RegistryLogin, { issued: Issued; renewAt: number }>()

  const issue = async (
    host: string,
    entry: RegistryLogin,
    signal: AbortSignal,
  ): Promise<Issued> => {
    const context = { env, fetch, signal, now }
    try {
      switch (entry.kind) {
        case 'password':
          return { login: { username: entry.username, password: entry.password } }
        case 'password_file':
          return { login: { username: entry.username, password: readPassword(entry.file) } }
        case 'ecr':
          return await ecrLogin(host, entry, context)
        case 'azure':
          return await azureLogin(host, entry, context)
        case 'gcp':
          return await gcpLogin(context)
        case 'github_app':
          return await githubAppLogin(entry, context)
      }
    } catch (error) {
      signal.throwIfAborted()
      const file = 'file' in entry ? entry.file : 'keyFile' in entry ? entry.keyFile : undefined
      const failure = file === undefined ? undefined : fileFailure(file, error)
      const why = failure?.message ?? (error instanceof Error ? error.message : String(error))
      throw loginFailed(host, why, failure?.hint ?? HINTS[entry.kind], error)
    }
  }

  return {
    async of(repository, signal) {
      const { registry: host } = parseImage(repository)
      const entry = loginFor(repository)
      if (entry === undefined) {
        const login = await dockerLogin(host, env, signal)
        if (login === undefined) return undefined
        learn(secretsOf(host, login))
        return { login, from: dockerConfigFile(env), isRenewable: false }
      }
      const isRenewable = !entry.kind.startsWith('password')
      const before = kept.get(entry)
      const isGood = before !== undefined && now() < before.renewAt
      const issued = isGood ? before.issued : endingWithin(now(), await issue(host, entry, signal))
      if (!isGood) {
        learn(secretsOf(host, issued.login))
        const { expiresAt } = issued
        if (expiresAt !== undefined) {
          const renewAt = expiresAt - Math.min(EARLY_MS, (expiresAt - now()) / 10)
          kept.set(entry, { issued, renewAt })
        }
      }
      return { ...issued, from: SOURCES[entry.kind], isRenewable }
    },
    forget(repository) {
      const entry = loginFor(repository)
      if (entry !== undefined) kept.delete(entry)
    },
  }
}

/** Whatever a service says of the end of a login: it is asked for anew after a day at most, and when nobody can tell at each use. */
function endingWithin(now: number, { login, expiresAt }: Issued): Issued {
  if (expiresAt === undefined || !Number.isFinite(expiresAt)) return { login }
  return { login, expiresAt: Math.max(now, Math.min(expiresAt, now + LONGEST_MS)) }
}

function readPassword(file: string): string {
  const password = readFileSync(file, 'utf8').trim()
  if (password === '') throw new Error(`${file} is empty`)
  return password
}

const SOURCES: Readonly<Record<RegistryLogin['kind'], string>> = {
  password: 'the config',
  password_file: 'a password file',
  ecr: 'AWS',
  azure: 'Entra',
  gcp: 'Google',
  github_app: 'a GitHub App',
}

const HINTS: Readonly<Record<RegistryLogin['kind'], string>> = {
  password: 'check the login under `registries:`',
  password_file: 'password_file has to be a file that the receiver’s user can read',
  ecr: 'give the VM an instance role with ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the receiver',
  azure:
    'give the VM a managed identity with the role AcrPull on the registry, or client_id, tenant_id and client_secret of an application that has it',
  gcp: 'give the VM a service account with roles/artifactregistry.reader on the repository, and the access scope cloud-platform or storage-ro; elsewhere than at Google write username: _json_key and the key of one as password_file',
  github_app:
    'id and installation are numbers of the app’s settings page; the app needs to read packages, and key_file is its private key',
}

/** A secret with the name that stands for it in logs. */
function secretsOf(host: string, login: Login): Secret[] {
  const name = `password of ${host}`
  if ('identityToken' in login) return [{ name, value: login.identityToken }]
  const { username, password } = login
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return [
    { name, value: password },
    { name, value: encoded },
  ]
}
