import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { clearAbandoned } from './abandoned.ts'
import { buildProgram } from './built-program.ts'
import { startDockerd } from './dockerd.ts'
import { notedSecrets, SECRETS_FILE, tells, watchCommandLines } from './leaks.ts'
import { startRegistry } from './registry.ts'
import { endWithRunners } from './runners.ts'
import { openWorkspace, workspaces } from './workspace.ts'

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
  endWithRunners()
  clearAbandoned(workspaces())
  const workspace = openWorkspace()
  process.env[SECRETS_FILE] = join(workspace.dir, 'secrets')
  const password = randomBytes(18).toString('base64url')
  const commandLines = watchCommandLines(200)
  const [engine, registry, program] = await Promise.all([
    startDockerd({ dir: workspace.folder('engine') }),
    startRegistry({ dir: workspace.folder('registry'), username: 'acme', password }),
    process.env['DEPLOY_RECEIVER'] ?? buildProgram(workspace.folder('program')),
  ])
  process.env['DEPLOY_RECEIVER'] = program
  // what the workers of this run leave lies in its workspace, and says whose it is
  process.env['TMPDIR'] = workspace.folder('tmp')
  // the same programs are started hundreds of times
  process.env['NODE_COMPILE_CACHE'] = workspace.folder('compile-cache')
  project.provide('stack', {
    dir: workspace.dir,
    dockerHost: engine.host,
    registry: { host: registry.host, username: registry.username, password: registry.password },
  })
  return async () => {
    const secrets = [password, ...notedSecrets()]
    // what a person types into curl and openssl, they see anyway
    const lines = commandLines.stop().filter((line) => !/^(?:curl|openssl) /.test(line))
    const shown = lines.filter((line) => secrets.some((secret) => tells(line, secret)))
    await engine.stop()
    await registry.stop()
    await workspace.close()
    if (shown.length > 0) throw new Error(`ps shows secrets:\n${shown.join('\n')}`)
  }
}
