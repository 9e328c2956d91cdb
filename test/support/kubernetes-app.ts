import type { KubernetesApp } from '../../receiver/core/app.ts'
import { APP } from './fake-world.ts'

/** A Deployment that visitors reach by the cluster's own ways. */
export const KUBERNETES_APP: KubernetesApp = {
  engine: 'kubernetes',
  name: APP.name,
  image: APP.image,
  health: APP.health,
  container: APP.container,
  watchMs: APP.watchMs,
  pollMs: APP.pollMs,
  keep: APP.keep,
  domains: [],
  http: false,
  replicas: 1,
  kubernetes: { workload: { kind: 'deployment', name: APP.name } },
}

/** What an app's owner wrote: a workload that pulls from the cluster's registry, and is ready when it answers. */
export function manifestOf({
  kind = 'Deployment',
  namespace,
  name,
  image,
  replicas = 2,
  spec = {},
  pod = {},
  container = {},
}: {
  kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  namespace: string
  name: string
  image: string
  replicas?: number
  /** Further keys of the workload, of its pods, and of its container. */
  spec?: object
  pod?: object
  container?: object
}): object {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { namespace, name },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      ...spec,
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          ...pod,
          containers: [
            {
              name: 'web',
              image,
              readinessProbe: { httpGet: { path: '/healthz', port: 8000 }, periodSeconds: 1 },
              ...container,
            },
          ],
        },
      },
    },
  }
}

/** The ports of its pods, at each node. */
export function nodePortOf({
  namespace,
  name,
  port,
}: {
  namespace: string
  name: string
  port: number
}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: {
      type: 'NodePort',
      selector: { app: name },
      ports: [{ protocol: 'TCP', port: 80, targetPort: 8000, nodePort: port }],
    },
  }
}
