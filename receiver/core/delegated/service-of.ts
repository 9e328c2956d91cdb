import type { SwarmApp } from '../app.ts'

/** The app's service: that of its owner, or the receiver's own. */
export const serviceOf = ({ name, swarm }: Pick<SwarmApp, 'name' | 'swarm'>, network: string) =>
  swarm.service ?? `${network}-${name}`
