import { setImmediate as nextTurn } from 'node:timers/promises'
import type * as v from 'valibot'
import { parseImage } from '../../../protocol/image-reference.ts'
import { BodyTooLong, readBeginning, readWhole } from '../../../protocol/read-body.ts'
import { MAX_REASON_BYTES } from '../../../protocol/registries/answers.ts'
import { DeployError } from '../../core/errors.ts'
import type { Login } from '../credentials/login.ts'
import { readJson } from '../json.ts'
import { parseChallenge } from './challenge.ts'
import { refused, tooLong, unreachable, unreached } from './failures.ts'
import { answerChallenge, type Send } from './token.ts'
import { ON_THIS_MACHINE } from './proxy.ts'
import type { Route } from './transport.ts'
import { shorten } from '../../core/shorten.ts'

export interface RegistryAnswer {
  status: number
  /** `Docker-Content-Digest`, of a manifest. */
  digest: string | undefined
  /** Query of the next page, with its `?`, of a list that has several (RFC 8288). */
  next: string | undefined
  body: Buffer
}

/** Reads one repository of a registry, by the distribution API (github.com/distribution/distribution, spec/api). */
export interface RegistryClient {
  /** `path` stands behind `/v2/{name}/`. 404 is an answer; every other failure throws `DeployError`. */
  get(
    path: string,
    options: { accept?: string; signal: AbortSignal; method?: 'GET' | 'HEAD' },
  ): Promise<RegistryAnswer>
  /** Whether a login or a token was asked for, and given. */
  isSignedIn(): boolean
}

/** `Accept` of what takes any manifest: of an image of one platform, or the index of those of several. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** What registries themselves take of a manifest (OCI distribution spec, "Pushing Manifests"). */
const MAX_BYTES = 4 * 1024 * 1024
const MAX_REDIRECTS = 5
const ANSWER_MS = 10_000
/** What a token that has ended, or that was given before a right was, is answered with. */
const REFUSALS = new Set([400, 401, 403])

/** A client for `repository` (with its registry). Tokens are asked for when the registry wants one, and kept. */
export function createRegistryClient(
  repository: string,
  login: Login | undefined,
  { base: where, fetch }: Pick<Route, 'base' | 'fetch'>,
  { answerMs = ANSWER_MS }: { answerMs?: number } = {},
): RegistryClient {
  const { registry } = parseImage(repository)
  const name = repository.slice(registry.length + 1)
  const base = new URL(`${where}/v2/${name}/`)
  let authorization: string | undefined

  const sender =
    (signal: AbortSignal): Send =>
    async (url, { headers = {}, ...init }) => {
      let to = url
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
        requireTls(to)
        // what lies elsewhere (a storage bucket, mostly) must not see the login
        const { authorization: secret, ...others } = headers
        const sent = to.origin === url.origin && secret !== undefined ? headers : others
        const response = await fetch(to, { ...init, redirect: 'manual', headers: sent, signal })
        const location = response.headers.get('location')
        const isMoved = response.status >= 300 && response.status < 400 && location !== null
        if (!isMoved || init.body !== undefined) {
          return { response, body: await bodyOf(response), isMoved: to.origin !== url.origin }
        }
        await response.body?.cancel()
        to = new URL(location, to)
      }
      throw unreachable(repository, `more than ${MAX_REDIRECTS} redirects`)
    }

  /** In plain HTTP nothing leaves this machine, but for a registry that Docker was told of. */
  const requireTls = (to: URL) => {
    const isSaidSo = base.protocol === 'http:' && to.hostname === base.hostname
    if (to.protocol === 'https:' || ON_THIS_MACHINE.test(to.hostname) || isSaidSo) return
    throw unreachable(repository, `it leads to ${shorten(to.origin, 300)}, which is not https`)
  }

  return {
    isSignedIn: () => authorization !== undefined,

    async get(path, { accept, signal, method = 'GET' }) {
      const url = new URL(path, base)
      const timeout = AbortSignal.timeout(answerMs)
      const send = sender(AbortSignal.any([signal, timeout]))
      const ask = (by: 'GET' | 'HEAD') =>
        send(url, {
          method: by,
          headers: {
            ...(accept === undefined ? {} : { accept }),
            ...(authorization === undefined ? {} : { authorization }),
          },
        }).catch((error: unknown) => {
          throw error instanceof BodyTooLong ? tooLong(repository, path, error) : error
        })
      const askSignedIn = async (by: 'GET' | 'HEAD') => {
        const answer = await ask(by)
        const challenge = parseChallenge(answer.response.headers.get('www-authenticate'))
        // where it redirects to has no say in where the login goes
        if (answer.isMoved || answer.response.status !== 401 || challenge === undefined)
          return answer
        authorization = await answerChallenge(challenge, { repository, name, login }, send)
        return ask(by)
      }
      try {
        const isKept = authorization !== undefined
        let { response, body } = await askSignedIn(method)
        if (isKept && REFUSALS.has(response.status)) {
          authorization = undefined
          ;({ response, body } = await askSignedIn(method))
        }
        // only with a body it says why
        if (method === 'HEAD' && [401, 403].includes(response.status)) {
          ;({ response, body } = await ask('GET'))
        }
        const { status, headers } = response
        if (status !== 200 && status !== 404) throw refused(repository, path, response, body)
        const digest = headers.get('docker-content-digest') ?? undefined
        return { status, digest, next: nextOf(headers.get('link')), body }
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof DeployError) throw error
        throw timeout.aborted
          ? unreachable(repository, `no answer within ${answerMs / 1000} s`, { cause: error })
          : unreached(repository, error)
      }
    },
  }
}

/** What a registry answered, in the form that it has to have. Throws `DeployError` for anything else, a login page for one. */
export function readAs<const S extends v.GenericSchema>(
  schema: S,
  body: Buffer,
  repository: string,
): v.InferOutput<S> {
  const read = readJson(schema, body.toString())
  if (read !== undefined) return read
  throw unreachable(repository, 'what answers there is not a registry')
}

function nextOf(link: string | null): string | undefined {
  const [, target] = /<([^<>]*)>[ \t]*;[ \t]*rel="?next"?/i.exec(link ?? '') ?? []
  return target === undefined ? undefined : /\?[^#]*/.exec(target)?.[0]
}

/** Of an error the beginning has to do. */
async function bodyOf({ status, body }: Response): Promise<Buffer> {
  if (status !== 200) return Buffer.from(await readBeginning(body, MAX_REASON_BYTES))
  const whole = Buffer.from(await readWhole(body, MAX_BYTES))
  // until then its connection is busy, and the next request would open another
  await nextTurn()
  return whole
}
