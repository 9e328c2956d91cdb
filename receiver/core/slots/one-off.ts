import { type DockerApp, withSettings } from '../app.ts'
import { imageOf, type StoredDeployment } from '../journal.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { observe } from './next-step.ts'
import type { SlotPorts } from './ports.ts'
import { claimVolumes } from './volumes.ts'

/**
 * Runs a command to its end in a container of its own: of the live image, with what the live containers have, of the first
 * replica's volumes. The container goes with it, and with whoever ordered it.
 */
export async function runOneOff(
  { app: configured, live, command }: OneOff,
  terminal: Terminal,
  ports: Pick<SlotPorts, 'engine' | 'images' | 'journal' | 'record' | 'slots'>,
  signal: AbortSignal,
): Promise<{ exitCode: number }> {
  const app = withSettings(configured, ports.journal.settings(live.deployment.id))
  const image = imageOf(live)
  const world = await observe(app.name, ports)
  const volumes = await claimVolumes(app, image, world, ports)
  const plan = { app, ...image, command, volumes: volumes.filter(({ replica }) => replica === 1) }
  return ports.engine.runCommand(plan, terminal, signal)
}

export interface OneOff {
  app: DockerApp
  /** The deployment that is live. */
  live: StoredDeployment
  command: readonly string[]
}
