import { createInterface } from 'node:readline'
import { PassThrough, type Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { Container } from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import type { ReleasePlan } from '../../core/slots/ports.ts'
import { inBody, releaseOptions } from './create-options.ts'
import { isMissing, translate } from './errors.ts'
import { releaseName } from './container-name.ts'
import { escapeControls } from './log.ts'
import { joinNetworks } from './network.ts'
import { retryReads } from './retry-reads.ts'

/** More lines than these are counted and not shown: each one is kept in the store. */
const SHOWN_LINES = 500
const LONGEST_LINE = 1000
const LOOK_MS = 200
/** What a command printed comes a moment after its end. */
const LAST_LINES_MS = 2000

/**
 * Runs a release command to its end and removes its container. The container's name is that of the generation, so that
 * after a crash the one that runs, or has ended, is found, and no second one is started. When the signal aborts it is left
 * for the next start. Throws `DeployError`.
 */
export async function runOnce(
  docker: Docker,
  network: string,
  plan: ReleasePlan,
  { output, signal }: { output: (line: string) => void; signal: AbortSignal },
): Promise<{ exitCode: number }> {
  const container = docker.getContainer(releaseName(network, plan))
  const late = AbortSignal.timeout(plan.timeoutMs)
  try {
    if (!(await wasStarted(container))) {
      await container.remove({ force: true, v: true }).catch(() => {})
      const { id } = await docker.createContainer(inBody(releaseOptions(plan, network)))
      await joinNetworks(docker, id, plan.app.container.networks)
      await container.start()
    }
    const shown = show(docker, container, output)
    const exitCode = await ended(container, AbortSignal.any([signal, late]))
    await Promise.race([shown, pause(LAST_LINES_MS, undefined, { ref: false })])
    await container.remove({ force: true, v: true })
    return { exitCode }
  } catch (error) {
    signal.throwIfAborted()
    await container.remove({ force: true, v: true }).catch(() => {})
    if (!late.aborted) throw translate(error, 'cannot run the release command', 'release_failed')
    throw new DeployError(
      'release_failed',
      `the release command ${JSON.stringify(plan.command.join(' '))} ran for more than ${plan.timeoutMs / 1000} s and was stopped`,
      { hint: `give it more time: apps.${plan.app.name}.release: { command: …, timeout: 30m }` },
    )
  }
}

/** One that was made and never started is no use: its networks may be missing. */
async function wasStarted(container: Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Status !== 'created'
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Looks until it has ended. */
async function ended(container: Container, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { State } = await retryReads(() => container.inspect())
    if (!State.Running) return State.ExitCode
    await pause(LOOK_MS, undefined, { signal })
  }
}

/** Gives its output line by line, from the beginning to the end. */
async function show(
  docker: Docker,
  container: Container,
  output: (line: string) => void,
): Promise<void> {
  const raw = (await container.logs({ follow: true, stdout: true, stderr: true })) as Readable
  const both = new PassThrough()
  docker.modem.demuxStream(raw, both, both)
  raw.once('end', () => both.end())
  raw.once('error', () => both.end())
  let lines = 0
  for await (const line of createInterface({ input: both })) {
    lines++
    if (lines <= SHOWN_LINES) output(escapeControls(line.slice(0, LONGEST_LINE)))
  }
  if (lines > SHOWN_LINES) output(`… and ${lines - SHOWN_LINES} more lines`)
}
