import type { KubernetesApp } from '../../core/app.ts'
import type { Clock } from '../../core/clock.ts'
import { DeployError } from '../../core/errors.ts'
import { type KubernetesApi, kubernetesApi } from './api.ts'
import { connect, type Connection } from './connection.ts'
import { ApiError, explain, isMissing } from './errors.ts'
import { missing } from './workload-errors.ts'

const KEPT_CONNECTION_MS = 60_000

/** Ways to the clusters of apps, by the context of each. */
export interface Clusters {
  /** Does something by the API of an app. Throws what is wrong in people's words: `DeployError`. */
  asking<T>(app: KubernetesApp, what: string, work: (api: KubernetesApi) => Promise<T>): Promise<T>
  /** Ends what asks for credentials. */
  close(): void
}

export function createClusters({
  environment,
  clock,
  dropped,
}: {
  environment: NodeJS.ProcessEnv
  clock: Pick<Clock, 'ms'>
  /** What follows an app by the way of before has to begin anew. */
  dropped: (app: string) => void
}): Clusters {
  const connections = new Map<string, { made: Promise<Connection>; atMs: number }>()
  const closed = new AbortController()

  const connectionOf = ({ kubernetes: { context } }: KubernetesApp): Promise<Connection> => {
    const key = context ?? ''
    const known = connections.get(key) ?? {
      made: connect(context, { environment, signal: closed.signal }),
      atMs: clock.ms(),
    }
    connections.set(key, known)
    known.made.catch(() => connections.delete(key))
    return known.made
  }

  const apiOf = async (app: KubernetesApp): Promise<KubernetesApi> => {
    const connection = await connectionOf(app)
    return kubernetesApi(connection, app.kubernetes.namespace ?? connection.namespace)
  }

  /** The kubeconfig is read again: tokens, certificates and authorities are others after a while. */
  const drop = ({ name, kubernetes: { context = '' } }: KubernetesApp) => {
    connections.delete(context)
    dropped(name)
  }

  return {
    async asking(app, what, work) {
      for (let isFresh = false; ; isFresh = true) {
        try {
          return await work(await apiOf(app))
        } catch (error) {
          const isUnknown = error instanceof ApiError && error.status === 401
          const { atMs = clock.ms() } = connections.get(app.kubernetes.context ?? '') ?? {}
          // while a cluster is away, credentials are not asked for with each look
          const isOld = clock.ms() - atMs > KEPT_CONNECTION_MS
          if (isUnknown || (isAway(error) && isOld)) drop(app)
          if (isUnknown && !isFresh) continue
          if (isMissing(error)) throw missing(app)
          throw explain(error, what)
        }
      }
    },
    close: () => closed.abort(),
  }
}

/** No answer, or none of an API server. */
const isAway = (error: unknown): boolean =>
  error instanceof DeployError ? error.code === 'engine_unreachable' : !(error instanceof ApiError)
