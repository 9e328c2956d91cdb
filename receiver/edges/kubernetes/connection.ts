import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { type Dispatcher, fetch, type RequestInit, type Response } from 'undici'
import { DeployError } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'

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

/**
 * Reads whom to talk to: from `KUBECONFIG`, else as the pod that the receiver runs in, else from `~/.kube/config`. Commands that give
 * credentials (`exec`) run when something is asked. Throws `cluster_unknown`.
 */
export async function connect(
  context: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Connection> {
  const { HttpMethod, RequestContext } = await import('./client.ts')
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
  const server = config.getCurrentCluster()?.server
  if (server === undefined || !URL.canParse(server)) {
    const name = config.getCurrentContext()
    throw unknown(
      `${from} names no cluster ${name === undefined || name === '' ? 'as the current one' : `for the context ${name}`}`,
      'kubernetes.context names one of `kubectl config get-contexts`',
    )
  }
  let dispatcher: Dispatcher | undefined
  return {
    config,
    server: server.replace(/\/$/, ''),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async fetch(path, { withinMs, signal, ...options }) {
      const url = new URL(path, `${server.replace(/\/$/, '')}/`)
      const asked = new RequestContext(url.toString(), HttpMethod.GET)
      await signedIn(config.applySecurityAuthentication(asked), from)
      const made = asked.getDispatcher()
      // the library makes one for each request, and with it a connection
      if (dispatcher === undefined) dispatcher = made
      else void made?.close()
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

/** A command of the kubeconfig may hang, or not be there. */
async function signedIn(signing: Promise<void>, from: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`nothing within ${SIGN_IN_MS / 1000} s`)
    timer = setTimeout(() => reject(error), SIGN_IN_MS)
  })
  try {
    await Promise.race([signing, late])
  } catch (cause) {
    const reason = reasonOf(cause)
    // which may be a bad moment of whoever gives them
    throw new DeployError('engine_unreachable', `${from} gives no credentials: ${reason}`, {
      hint: 'a command that it names (exec) has to be installed where the receiver runs, and to work without a person',
      cause,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** What a command printed that is no JSON may be a token, and V8 cites it. */
function reasonOf(cause: unknown): string {
  if (cause instanceof SyntaxError) return 'what it printed is no ExecCredential'
  return shorten(cause instanceof Error ? cause.message : String(cause), SHOWN_CHARACTERS)
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
