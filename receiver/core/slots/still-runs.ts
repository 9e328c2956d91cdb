import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { Container, SlotPorts } from './ports.ts'

export const LOG_LINES = 50
/** Of a program that was built for another processor, as the kernel says it. */
const NOT_EXECUTABLE = /exec format error\s*$/i

/** The container as it is now. Throws `exited` when it stopped or was started again since. */
export async function stillRuns(
  { app, container }: { app: DockerApp; container: Container },
  { engine }: Pick<SlotPorts, 'engine'>,
): Promise<Container> {
  const now = await engine.container(container.name)
  if (now === undefined) {
    throw new DeployError('exited', `the container ${container.name} is gone: someone removed it`)
  }
  if (now.running && now.restarts === 0) return now
  const why = now.oomKilled
    ? `was killed for using more than its memory limit (exit code ${now.exitCode})`
    : now.restarts > 0
      ? `stopped and was restarted ${now.restarts} times`
      : `exited with code ${now.exitCode}`
  const log = await engine.logs(container.name, LOG_LINES)
  const hint = now.oomKilled
    ? `raise apps.${app.name}.mem_limit, or let the app use less memory`
    : log.some((line) => NOT_EXECUTABLE.test(line))
      ? 'what the image starts was built for another CPU: build the image for this one (platforms: linux/amd64,linux/arm64); a script has to begin with #!/bin/sh'
      : 'look at the log below'
  throw new DeployError('exited', `the container of ${app.name} ${why}`, { hint, log })
}
