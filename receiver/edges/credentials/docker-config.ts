import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { fileFailure } from '../../core/file-failure.ts'
import { readJson } from '../json.ts'
import { askHelper } from './helper.ts'
import { type Login, loginFailed } from './login.ts'

/** Docker's own name for Docker Hub in its config (docker/cli `cli/config`). */
const DOCKER_HUB = 'https://index.docker.io/v1/'

const Entry = v.object({
  auth: v.optional(v.string()),
  username: v.optional(v.string()),
  password: v.optional(v.string()),
  identitytoken: v.optional(v.string()),
})
const DockerConfig = v.object({
  auths: v.optional(v.record(v.string(), Entry)),
  credHelpers: v.optional(v.record(v.string(), v.string())),
  credsStore: v.optional(v.string()),
})
type DockerConfig = v.InferOutput<typeof DockerConfig>

export const dockerConfigFile = (env: NodeJS.ProcessEnv): string =>
  join(env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker'), 'config.json')

/**
 * The login that Docker itself would have for a registry: by the helper for its host, else by the store for all hosts, else
 * from the file. `undefined` when it has none. Throws `DeployError` when the file or a helper is broken.
 * @param host as in parsed references, `docker.io` for Docker Hub
 */
export async function dockerLogin(
  host: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Login | undefined> {
  const file = dockerConfigFile(env)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const failure = fileFailure(file, error)
    const hint = failure?.hint ?? 'let the receiver’s user read it'
    throw loginFailed(host, failure?.message ?? `${file} cannot be read`, hint, error)
  }
  const config = parseDockerConfig(text)
  if (config === undefined) {
    throw loginFailed(
      host,
      `${file} is not what Docker writes`,
      'mend it, or move it away and run docker login again',
    )
  }
  const key = host === 'docker.io' ? DOCKER_HUB : host
  const helper = config.credHelpers?.[key] ?? config.credHelpers?.[host] ?? config.credsStore
  if (helper !== undefined && helper !== '') return askHelper(helper, { host, key, env, signal })
  return loginInFile(config, key)
}

/** `undefined` for what is no such file. An empty one has no logins. */
export const parseDockerConfig = (text: string): DockerConfig | undefined =>
  text.trim() === '' ? {} : readJson(DockerConfig, text)

/** The entry for a registry: under its own name, else under an older form of it, with scheme or path. */
export function loginInFile({ auths = {} }: DockerConfig, key: string): Login | undefined {
  const named = Object.hasOwn(auths, key) ? auths[key] : undefined
  const entry =
    named ?? Object.entries(auths).find(([name]) => toHostname(name) === toHostname(key))?.[1]
  return entry === undefined ? undefined : readEntry(entry)
}

/** docker/cli `credentials.ConvertToHostname`. */
export const toHostname = (name: string): string =>
  name.replace(/^https?:\/\//, '').replace(/\/.*$/, '')

function readEntry({ auth, username, password, identitytoken }: v.InferOutput<typeof Entry>) {
  if (identitytoken !== undefined && identitytoken !== '') return { identityToken: identitytoken }
  if (auth === undefined || auth === '') {
    return username === undefined || password === undefined || username === ''
      ? undefined
      : { username, password }
  }
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const at = text.indexOf(':')
  if (at < 1) return undefined
  // older clients padded it with zeros
  const [first, last] = [text.slice(0, at), text.slice(at + 1)]
  return { username: first, password: last.replace(/^\0+|\0+$/g, '') }
}
