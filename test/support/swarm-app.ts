import type { SwarmApp } from '../../receiver/core/app.ts'
import { APP } from './fake-world.ts'

const { name, image, health, container, watchMs, pollMs, keep } = APP

/** A worker of a swarm: nothing of it is published. */
export const SWARM_APP: SwarmApp = {
  engine: 'swarm',
  name,
  image,
  health,
  container,
  watchMs,
  pollMs,
  keep,
  domains: [],
  http: false,
  replicas: 1,
  swarm: {
    placement: { constraints: [], spread: [], maxPerNode: 0 },
    secrets: [],
    configs: [],
    parallelism: 1,
  },
}
