import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { getState, saveState } from '@actions/core'
import { rmRF } from '@actions/io'
import { ActionError } from './error.ts'
import { hide, warn } from './log.ts'
import { configKey } from './registries/host.ts'

export interface Login {
  registry: string
  username: string
  password: string
  /** Other registries that take the same login. */
  alsoAt?: readonly string[]
  /** When it ends, in Unix milliseconds, of one that was asked for: another one can be had. */
  endsAt?: number
}

/** Docker's settings for the child processes of this step alone. */
export interface DockerSettings {
  /** The private directory, to be deleted at the end. */
  directory: string
  /** Environment of the child processes. */
  env: NodeJS.ProcessEnv
}

const STATE = 'docker-config'

/**
 * Makes a private `DOCKER_CONFIG` that knows the workflow's own settings and logins, and this one login over them.
 * Nothing outside of that directory changes, so no later step of the job is signed in by it.
 * @param login undefined to use the logins that Docker has already.
 * @throws ActionError `bad_environment` when the workflow's `config.json` is not a JSON object.
 */
export const prepareDocker = (
  login: Login | undefined,
  env: NodeJS.ProcessEnv,
  temporary: string,
): DockerSettings => {
  if (login !== undefined) hide(login.password, encode(login))
  const original = env['DOCKER_CONFIG'] || join(homedir(), '.docker')
  const config = mergeLogin(readConfig(join(original, 'config.json')), login)
  const base = temporary === '' ? tmpdir() : temporary
  mkdirSync(base, { recursive: true })
  // mkdtemp makes it 0700
  const directory = mkdtempSync(join(base, 'deploy-action-docker-'))
  // before anything lies in it: a job may be killed at any time
  saveState(STATE, directory)
  linkEverythingElse(original, directory)
  writeFileSync(join(directory, 'config.json'), `${JSON.stringify(config, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
  })
  return { directory, env: childEnvironment({ env, directory, original, login }) }
}

/** Deletes what {@link prepareDocker} made. One that stays is warned of, for how the build ended matters more. */
export const removeDocker = async (directory: string, remove = rmRF): Promise<void> => {
  try {
    await remove(directory)
  } catch (error) {
    warn(
      `${directory}, which holds logins and secrets of the build, cannot be removed (${String(error)}): remove it, if the runner lives on`,
    )
  }
}

/** Deletes what a step that was killed left behind, in the post step. */
export const removeLeftDocker = async (): Promise<void> => {
  const directory = getState(STATE)
  if (directory !== '') await removeDocker(directory)
}

/** Docker's `config.json`, as far as logins go (docker/cli `cli/config/configfile`). */
export interface DockerConfig {
  auths?: Record<string, unknown>
  credHelpers?: Record<string, string>
  credsStore?: string
  [key: string]: unknown
}

/**
 * The caller's settings with one login over them. Other hosts keep their `auths`, `credHelpers` and `credsStore`. A
 * `credsStore` would hide a plain entry; an empty helper for the host brings docker/cli's
 * `getConfiguredCredentialStore` back to the file for that host alone.
 */
export const mergeLogin = (config: DockerConfig, login: Login | undefined): DockerConfig => {
  if (login === undefined) return config
  const auth = encode(login)
  const auths = { ...config.auths }
  const credHelpers = { ...config.credHelpers }
  for (const key of keysOf(login)) {
    auths[key] = { auth }
    credHelpers[key] = ''
  }
  return { ...config, auths, credHelpers }
}

const keysOf = ({ registry, alsoAt = [] }: Login): string[] => [registry, ...alsoAt].map(configKey)

/** The form that the password has in the file. */
const encode = ({ username, password }: Login): string =>
  Buffer.from(`${username}:${password}`).toString('base64')

function readConfig(path: string): DockerConfig {
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ActionError('bad_environment', `Docker's settings ${path} cannot be read`, {
      hint: 'Let the user that runs the job read the file, or set DOCKER_CONFIG to another directory.',
      cause: error,
    })
  }
  const value = text.trim() === '' ? {} : parseObject(text)
  if (value !== undefined) return value
  throw new ActionError('bad_environment', `Docker's settings ${path} are not a JSON object`, {
    hint: 'Mend or delete the file, or set DOCKER_CONFIG to another directory.',
  })
}

function parseObject(text: string): DockerConfig | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as DockerConfig)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * Plugins, contexts, TLS files and the workflow's builder are found where they are. Windows lets nobody but administrators make
 * symbolic links: a folder's is a junction there, which anybody may make. What cannot be linked (a file there, a folder on a
 * share of the network) is copied. A link that leads nowhere is left out, for there is nothing to copy.
 */
export const linkEverythingElse = (
  original: string,
  directory: string,
  link: typeof symlinkSync = symlinkSync,
): void => {
  let names: string[]
  try {
    names = readdirSync(original)
  } catch {
    return
  }
  for (const name of names) {
    if (name === 'config.json') continue
    const [from, to] = [resolve(original, name), join(directory, name)]
    const there = statOf(from)
    if (there === undefined) continue
    try {
      link(from, to, there.isDirectory() ? 'junction' : 'file')
    } catch {
      cpSync(from, to, { recursive: true, dereference: true })
    }
  }
}

/** Of what a link leads to; undefined where that is nowhere, or in a circle. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function childEnvironment(from: {
  env: NodeJS.ProcessEnv
  directory: string
  original: string
  login: Login | undefined
}): NodeJS.ProcessEnv {
  const auths = from.env['DOCKER_AUTH_CONFIG']
  const own = {
    DOCKER_CONFIG: from.directory,
    BUILDX_CONFIG: from.env['BUILDX_CONFIG'] || join(from.original, 'buildx'),
    ...(auths !== undefined &&
      from.login !== undefined && {
        DOCKER_AUTH_CONFIG: withoutHosts(auths, keysOf(from.login)),
      }),
  }
  // on Windows Docker_Config is the same variable, and of two the child would get either
  const others = Object.entries(from.env).filter(
    ([name]) => !name.startsWith('INPUT_') && !(name.toUpperCase() in own),
  )
  return { ...Object.fromEntries(others), ...own }
}

/** `DOCKER_AUTH_CONFIG` goes before `config.json` in docker/cli, and would hide the login. */
function withoutHosts(text: string, keys: readonly string[]): string {
  const config = parseObject(text)
  if (config?.auths === undefined) return text
  const others = Object.entries(config.auths).filter(([key]) => !keys.includes(key))
  return JSON.stringify({ ...config, auths: Object.fromEntries(others) })
}
