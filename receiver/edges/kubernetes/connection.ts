import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeConfig, RequestContext, User } from '@kubernetes/client-node'
import type { Dispatcher, RequestInit, Response } from 'undici'
import { defined } from '../../core/defined.ts'
import { DeployError } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'
import { execPlugin, type Given } from './exec-plugin.ts'

const SIGN_IN_MS = 30_000
const SHOWN_CHARACTERS = 500
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** An API server, and as whom it is talked to. */
export interface Connection {
  config: KubeConfig
  /** `https://10.96.0.1:443`. */
  server: string
  /** Of the context. */
  namespace: string
  /** Asks for a path, signed in. Rejects as `fetch` does. */
  fetch(path: string, options: RequestInit & { withinMs?: number }): Promise<Response>
}

interface Options {
  environment: NodeJS.ProcessEnv
  /** Ends commands that give credentials. */
  signal: AbortSignal
  signInMs?: number
}

/**
 * Reads whom to talk to: from `KUBECONFIG`, else as the pod that the receiver runs in, else from `~/.kube/config`. Commands that give
 * credentials (`exec`) run when something is asked. Throws `cluster_unknown`.
 */
export async function connect(
  context: string | undefined,
  { environment, signal: closed, signInMs: limitMs = SIGN_IN_MS }: Options,
): Promise<Connection> {
  const { HttpMethod, RequestContext } = await import('./client.ts')
  const { fetch } = await import('undici')
  const { config, from } = await readConfig(environment)
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name)
    if (!known.includes(context)) {
      throw unknown(
        `${from} has no context ${JSON.stringify(context)}`,
        `it has: ${known.join(', ')}`,
      )
    }
    config.setCurrentContext(context)
  }
  const cluster = config.getCurrentCluster()
  const server = cluster?.server
  if (cluster === null || server === undefined || !URL.canParse(server)) {
    const name = config.getCurrentContext()
    throw unknown(
      `${from} names no cluster ${name === undefined || name === '' ? 'as the current one' : `for the context ${name}`}`,
      'kubernetes.context names one of `kubectl config get-contexts`',
    )
  }
  const user = config.getCurrentUser()
  const plugin = user?.exec
    ? execPlugin(user.exec, { environment, cluster, limitMs, signal: closed })
    : undefined
  let dispatcher: Dispatcher | undefined
  let given: Given | undefined

  const signIn = async (asked: RequestContext): Promise<void> => {
    const now = await plugin?.()
    if (user !== null && now !== undefined && now !== given) {
      given = now
      const { name } = user
      config.users = config.users.map((each) => (each.name === name ? asGiven(user, now) : each))
      // a connection is of whom its certificate says
      if (now.clientCertificateData !== undefined) {
        void dispatcher?.close()
        dispatcher = undefined
      }
    }
    await within(limitMs, config.applySecurityAuthentication(asked))
    const made = asked.getDispatcher()
    // the library makes one for each request, and with it a connection
    if (dispatcher === undefined) dispatcher = made
    else void made?.close()
  }

  return {
    config,
    server: server.replace(/\/$/, ''),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async fetch(path, { withinMs, signal, ...options }) {
      const url = new URL(path, `${server.replace(/\/$/, '')}/`)
      const asked = new RequestContext(url.toString(), HttpMethod.GET)
      await signIn(asked).catch((cause: unknown) => {
        throw noCredentials(from, cause)
      })
      // the time for an answer begins when it is asked
      const late = withinMs === undefined ? [] : [AbortSignal.timeout(withinMs)]
      return fetch(url, {
        ...options,
        signal: AbortSignal.any([...(signal ? [signal] : []), ...late]),
        headers: { ...asked.getHeaders(), ...(options.headers as Record<string, string>) },
        ...(dispatcher === undefined ? {} : { dispatcher }),
      })
    },
  }
}

/** A user as the library knows them, with what a command gave in place of the command. */
function asGiven(
  { exec: _exec, ...user }: User,
  { token, clientCertificateData, clientKeyData }: Given,
): User {
  const base64 = (pem: string | undefined) => pem && Buffer.from(pem).toString('base64')
  const { certFile: _file, keyFile: _key, ...others } = user
  const own = clientCertificateData === undefined ? user : others
  return {
    ...own,
    ...defined({
      token,
      certData: base64(clientCertificateData),
      keyData: base64(clientKeyData),
    }),
  }
}

/** An issuer of tokens that the library asks (OIDC) may hang. */
async function within(limitMs: number, signing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`nothing within ${limitMs / 1000} s`)
    timer = setTimeout(() => reject(error), limitMs)
  })
  try {
    await Promise.race([signing, late])
  } finally {
    clearTimeout(timer)
  }
}

function noCredentials(from: string, cause: unknown): DeployError {
  const reason = shorten(cause instanceof Error ? cause.message : String(cause), SHOWN_CHARACTERS)
  // which may be a bad moment of whoever gives them
  return new DeployError('engine_unreachable', `${from} gives no credentials: ${reason}`, {
    hint: 'a command that it names (exec) has to be installed where the receiver runs, and to work without a person',
    cause,
  })
}

async function readConfig(
  environment: NodeJS.ProcessEnv,
): Promise<{ config: KubeConfig; from: string }> {
  const { KubeConfig: Config } = await import('./client.ts')
  const { KUBECONFIG = '', HOME = '/root', KUBERNETES_SERVICE_HOST } = environment
  const named = KUBECONFIG.split(':').filter((file) => file !== '')
  const config = new Config()
  if (named.length === 0 && KUBERNETES_SERVICE_HOST !== undefined && existsSync(SERVICE_ACCOUNT)) {
    config.loadFromCluster()
    return { config, from: 'the service account of the pod' }
  }
  const files = (named.length === 0 ? [join(HOME, '.kube/config')] : named).filter(existsSync)
  const [first, ...others] = files
  if (first === undefined) {
    throw unknown(
      `there is no kubeconfig${named.length === 0 ? '' : ` at ${named.join(', ')}`}, and the receiver runs in no pod`,
      "KUBECONFIG=/etc/deploy-receiver/kubeconfig in the receiver's env file names one",
    )
  }
  const from = files.join(', ')
  try {
    config.loadFromFile(first)
    for (const file of others) {
      const more = new Config()
      more.loadFromFile(file)
      // the first that names one says which context is the current one, as for kubectl
      config.mergeConfig(more, (config.getCurrentContext() ?? '') !== '')
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw unknown(`${from} cannot be read: ${reason}`, '`kubectl config view` reads it, too', cause)
  }
  return { config, from }
}

const unknown = (message: string, hint: string, cause?: unknown) =>
  new DeployError('cluster_unknown', message, { hint, cause })
