import type { KubernetesApp, PublishedPort, SwarmApp } from '../app.ts'

/** Where an app that its orchestrator publishes can be reached from here, if anywhere. */
export const publishOf = (
  app: Pick<SwarmApp, 'engine' | 'swarm'> | Pick<KubernetesApp, 'engine' | 'kubernetes'>,
): PublishedPort | undefined =>
  app.engine === 'swarm' ? app.swarm.publish : app.kubernetes.publish

/** Where Nginx finds an app that its orchestrator publishes: `address:port` of each node. */
export function publishedAt(app: Parameters<typeof publishOf>[0]): string[] {
  const publish = publishOf(app)
  return (publish?.nodes ?? []).map(
    (node) => `${node.includes(':') ? `[${node}]` : node}:${publish?.port}`,
  )
}
