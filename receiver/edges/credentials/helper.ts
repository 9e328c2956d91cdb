import { shorten } from '../../core/shorten.ts'
import * as v from 'valibot'
import { readJson } from '../json.ts'
import { runInGroup } from '../run-in-group.ts'
import { type Login, loginFailed } from './login.ts'

const DEADLINE_MS = 30_000
const MAX_CHARACTERS = 64 * 1024
/** The user name by which a helper says that the secret is a refresh token (docker/cli `native_store.go`). */
const TOKEN_USER = '<token>'
const NOT_FOUND = /credentials not found/i

const Answer = v.object({ Username: v.string(), Secret: v.string() })

/**
 * Asks a credential helper, `docker-credential-NAME get` (github.com/docker/docker-credential-helpers): the registry's name goes
 * in, JSON comes out. `undefined` when it has no login for it. Throws `DeployError` when it fails otherwise.
 */
export async function askHelper(
  name: string,
  {
    host,
    key,
    env,
    signal,
  }: {
    host: string
    /** The registry as the helper knows it. */
    key: string
    env: NodeJS.ProcessEnv
    signal: AbortSignal
  },
): Promise<Login | undefined> {
  const program = `docker-credential-${name}`
  const failed = (why: string, cause?: unknown) =>
    loginFailed(
      host,
      `${program} ${why}`,
      `try it by hand, as the receiver's user: echo ${key} | ${program} get`,
      cause,
    )
  if (!/^[\w.-]+$/.test(name)) throw failed('is not the name of a helper')
  let output = ''
  const status = await runInGroup(program, ['get'], {
    env,
    limitMs: DEADLINE_MS,
    input: key,
    signal,
    output: (text) => (output += text).length < MAX_CHARACTERS,
    // what it says there may hold anything: it is not kept
    errors: () => {},
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw failed(missing ? 'is not there' : `failed: ${String(error)}`, error)
  })
  if (status === undefined) throw failed(`did not answer within ${DEADLINE_MS / 1000} s`)
  if (status !== 0) {
    if (NOT_FOUND.test(output)) return undefined
    throw failed(`ended with ${status ?? 'a signal'}: ${shorten(output.trim(), 200)}`)
  }
  const answer = readJson(Answer, output)
  if (answer === undefined) throw failed('answered something else than JSON')
  const { Username: username, Secret: secret } = answer
  if (secret === '') return undefined
  return username === TOKEN_USER ? { identityToken: secret } : { username, password: secret }
}
