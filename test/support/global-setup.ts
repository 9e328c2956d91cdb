import type { TestProject } from 'vitest/node'
import { startDockerd } from './dockerd.ts'
import { startRegistry } from './registry.ts'
import { openWorkspace } from './workspace.ts'

/** A private Docker engine and a registry with a password, shared by all test files of a run. */
export interface Stack {
  dir: string
  dockerHost: string
  registry: { host: string; username: string; password: string }
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: Stack
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const workspace = openWorkspace()
  const [engine, registry] = await Promise.all([
    startDockerd({ dir: workspace.folder('engine') }),
    startRegistry({ dir: workspace.folder('registry'), username: 'acme', password: 'a-secret' }),
  ])
  project.provide('stack', {
    dir: workspace.dir,
    dockerHost: engine.host,
    registry: { host: registry.host, username: registry.username, password: registry.password },
  })
  return async () => {
    await engine.stop()
    await registry.stop()
    await workspace.close()
  }
}
