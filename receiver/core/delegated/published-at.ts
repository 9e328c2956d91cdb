import type { SwarmApp } from '../app.ts'

/** Where Nginx finds an app that its orchestrator publishes: `address:port` of each node. */
export const publishedAt = ({ swarm: { publish } }: Pick<SwarmApp, 'swarm'>): string[] =>
  (publish?.nodes ?? []).map(
    (node) => `${node.includes(':') ? `[${node}]` : node}:${publish?.port}`,
  )
