import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { Container } from 'dockerode'
import { DeployError } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'
import type { ReleasePlan } from '../../core/slots/ports.ts'
import { notOurs } from './containers.ts'
import { inBody, releaseOptions } from './create-options.ts'
import { escapeControls } from '../escape-controls.ts'
import { isMissing, translate } from './errors.ts'
import { releaseName } from './container-name.ts'
import { payloadsOf } from './frames.ts'
import { filterOfApp, generationOf, type Home, isOneOff, isOurs } from './labels.ts'
import { LINE_BYTES, linesOf } from './lines.ts'
import { openLog } from './log.ts'
import { joinNetworks } from './network.ts'
import { retryReads } from './retry-reads.ts'

/** More lines than these are counted and not shown: each one is kept in the store. */
const SHOWN_LINES = 500
const LINES_A_TURN = 10
const LONGEST_LINE = 1000
const LOOK_MS = 200
/** What a command printed comes after its end: megabytes of it, on a busy machine, take their time. */
const LAST_LINES_MS = 60_000

/** Runs a release command to its end. Throws `DeployError`. */
export const runOnce = (
  docker: Docker,
  home: Home,
  plan: ReleasePlan,
  options: Watching,
): Promise<{ exitCode: number }> =>
  runToEnd(
    docker,
    home,
    {
      name: releaseName(home.network, plan),
      async create() {
        const { id } = await docker.createContainer(inBody(releaseOptions(plan, home)))
        await joinNetworks(docker, id, plan.app.container.networks)
      },
      what: `the release command ${JSON.stringify(plan.command.join(' '))}`,
      more: `apps.${plan.app.name}.release: { command: …, timeout: 30m }`,
      timeoutMs: plan.timeoutMs,
    },
    options,
  )

/** What is run once, in a container of its own. */
interface OneRun {
  name: string
  create: () => Promise<unknown>
  /** For people. */
  what: string
  /** How it is given more time. */
  more: string
  timeoutMs: number
}

interface Watching {
  output: (line: string) => void
  signal: AbortSignal
  /** How long the end of its output is waited for, once it has ended itself. */
  lastLinesMs?: number
}

/**
 * Runs something to its end. Its container bears the generation's name and stays, so that after a crash the one that runs, or has
 * ended, is found, and no second one is started; its time counts from when Docker started it. When the signal aborts it is left for
 * the next start. Throws `DeployError`.
 */
export async function runToEnd(
  docker: Docker,
  home: Home,
  { name, create, what, more, timeoutMs }: OneRun,
  { output, signal, lastLinesMs = LAST_LINES_MS }: Watching,
): Promise<{ exitCode: number }> {
  const container = docker.getContainer(name)
  const over = new AbortController()
  let late: AbortSignal | undefined
  try {
    const startedAt = await startOf(container, home)
    if (startedAt === undefined) {
      // one that was made and never started is no use: its networks may be missing
      await container.remove({ force: true, v: true }).catch(() => {})
      await create()
      await container.start()
    }
    late = AbortSignal.timeout(Math.ceil(timeLeft(timeoutMs, startedAt)))
    const shown = show(docker, container.id, output, AbortSignal.any([signal, over.signal]))
    const exitCode = await ended(container, AbortSignal.any([signal, late]))
    await Promise.race([shown, pause(lastLinesMs, undefined, { ref: false })])
    return { exitCode }
  } catch (error) {
    signal.throwIfAborted()
    if (late?.aborted !== true) throw translate(error, `cannot run ${what}`, 'release_failed')
    // it is removed once this is on record
    await container.kill().catch(() => {})
    throw new DeployError(
      'release_failed',
      `${what} ran for more than ${timeoutMs / 1000} s and was stopped`,
      { hint: `give it more time: ${more}` },
    )
  } finally {
    over.abort()
  }
}

/** Removes the containers of an app's release commands and of services that are run once, running or not. */
export async function removeReleases(docker: Docker, home: Home, app: string): Promise<void> {
  const { network } = home
  try {
    const all = await retryReads(() =>
      docker.listContainers({ all: true, filters: filterOfApp(network, app) }),
    )
    for (const { Id, Names, Labels } of all) {
      const name = releaseName(network, { app: { name: app }, generation: generationOf(Labels) })
      const isOne = Names.includes(`/${name}`) || isOneOff(Labels)
      if (isOne && isOurs(home, Labels)) await remove(docker.getContainer(Id))
    }
  } catch (error) {
    throw translate(error, `cannot remove the release commands of ${app}`, 'engine_unreachable')
  }
}

async function remove(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** When it was started; `undefined` when it is not there, or was made and never started. */
async function startOf(container: Container, home: Home): Promise<string | undefined> {
  try {
    const { State, Name, Config } = await retryReads(() => container.inspect())
    if (!isOurs(home, Config.Labels)) throw notOurs(Name.replace(/^\//, ''))
    return State.Status === 'created' ? undefined : State.StartedAt
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Of what it may take; of a clock that was set back since it started, no more than the whole. */
export function timeLeft(
  timeoutMs: number,
  startedAt: string | undefined,
  now = Date.now(),
): number {
  if (startedAt === undefined) return timeoutMs
  const began = Date.parse(startedAt)
  return Number.isNaN(began) ? timeoutMs : Math.min(timeoutMs, Math.max(0, began + timeoutMs - now))
}

/** Looks until it has ended. */
async function ended(container: Container, signal: AbortSignal): Promise<number> {
  for (;;) {
    const { State } = await retryReads(() => container.inspect())
    if (!State.Running) return State.ExitCode
    await pause(LOOK_MS, undefined, { signal })
  }
}

/** Gives its output line by line, from the beginning to the end. It is an extra: what goes wrong with it decides nothing. */
async function show(
  docker: Docker,
  container: string,
  output: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let lines = 0
  try {
    const raw = await openLog(docker, container, { follow: true, signal })
    for await (const line of linesOf(payloadsOf(raw), LINE_BYTES)) {
      lines++
      if (lines <= SHOWN_LINES) output(escapeControls(shorten(line, LONGEST_LINE)))
      // each is on the disk before the next: others have their turn in between
      if (lines % LINES_A_TURN === 0) await nextTurn()
    }
    if (lines > SHOWN_LINES) output(`… and ${lines - SHOWN_LINES} more lines`)
  } catch {
    // whether it has ended, and how, is looked at beside this
  }
}
