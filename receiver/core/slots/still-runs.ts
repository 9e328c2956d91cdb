import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { logHint } from './log-hint.ts'
import type { Container } from './container.ts'
import type { End, SlotPorts } from './ports.ts'

export const LOG_LINES = 50
/** Of a program that was built for another processor, as the kernel says it. */
const NOT_EXECUTABLE = /exec format error\s*$/i

/** Whether it runs as it was started, by how it was seen. */
export const runs = ({ running, restarts }: Container): boolean => running && restarts === 0

/** The container as it is now. Throws `exited` when it stopped or was started again since, unless it may be done and is. */
export async function stillRuns(
  {
    app,
    container,
    mayBeDone = false,
  }: { app: DockerApp; container: Container; mayBeDone?: boolean },
  { engine }: Pick<SlotPorts, 'engine'>,
): Promise<Container> {
  const now = await engine.container(container.name)
  if (now === undefined) {
    throw new DeployError('exited', `the container ${container.name} is gone: someone removed it`)
  }
  if (runs(now)) return now
  if (mayBeDone && now.doneAt !== undefined) return now
  // what runs again has forgotten how it ended
  const end = now.running ? await engine.lastEnd(now.id) : now
  const log = await engine.logs(now.name, LOG_LINES)
  throw new DeployError('exited', `the container of ${app.name} ${whyOf(now, end)}`, {
    hint: hintOf(app, end, log),
    log,
  })
}

function whyOf({ restarts }: Container, end: End | undefined): string {
  const again =
    restarts === 0 ? '' : ` and was restarted ${restarts === 1 ? 'once' : `${restarts} times`}`
  if (end === undefined) return `stopped${again}`
  return end.oomKilled
    ? `was killed for using more than its memory limit (exit code ${end.exitCode})${again}`
    : `exited with code ${end.exitCode}${again}`
}

function hintOf(app: DockerApp, end: End | undefined, log: readonly string[]): string {
  if (end?.oomKilled === true) {
    return `raise apps.${app.name}.mem_limit, or let the app use less memory`
  }
  if (log.some((line) => NOT_EXECUTABLE.test(line))) {
    return 'what the image starts was built for another CPU: build the image for this one (platforms: linux/amd64,linux/arm64); a script has to begin with #!/bin/sh'
  }
  return logHint(app, log)
}
