import type { DockerApp, HealthPolicy } from '../app.ts'
import { DeployError } from '../errors.ts'
import { shorten } from '../shorten.ts'
import type { Container, SlotPorts } from './ports.ts'

const FIRST_PAUSE_MS = 25
/** A good answer is confirmed soon: it is the last thing between a healthy container and its users. */
const CONFIRM_PAUSE_MS = 25
const PAUSE_GROWTH = 1.5
const WATCH_PAUSE_MS = 250
/** Failing answers in a row that count as unhealthy once live, as Docker's own `retries`. */
const FAILURES_TO_ROLL_BACK = 3
const LOG_LINES = 50
const SHOWN_BODY_CHARACTERS = 200
/** Of a program that was built for another processor, as the kernel says it. */
const NOT_EXECUTABLE = /exec format error\s*$/i

export type HealthPorts = Pick<SlotPorts, 'engine' | 'probe' | 'clock'>

export interface Subject {
  app: DockerApp
  container: Container
  /** Whether the image or the config has a HEALTHCHECK, which serves when no path is configured. */
  hasHealthcheck: boolean
}

/**
 * Waits until the container is healthy: probes at once, soon again, then ever slower up to the configured interval, and
 * wants `healthyAfter` good answers in a row. Returns a line that says what was seen. Throws `DeployError` (`exited`,
 * `unhealthy`) with the last answer and the container's last lines.
 */
export async function waitUntilHealthy(
  subject: Subject,
  ports: HealthPorts,
  options: { progress: (message: string) => void; signal: AbortSignal },
): Promise<string> {
  const { app } = subject
  const began = ports.clock.ms()
  const deadline = began + app.health.deadlineMs
  let pause = FIRST_PAUSE_MS
  let good = 0
  let probes = 0
  let shown = ''
  for (;;) {
    const answer = await check(subject, ports, options.signal)
    probes += 1
    good = answer.healthy ? good + 1 : 0
    if (answer.text !== shown) options.progress((shown = answer.text))
    if (good >= answer.enough) return `${answer.text}, after ${probes} probes`
    if (ports.clock.ms() >= deadline) {
      throw new DeployError(
        'unhealthy',
        `${app.name} was not healthy within ${app.health.deadlineMs / 1000} s; last answer: ${answer.text}`,
        {
          hint: `look at the log below; apps.${app.name}.health sets path, port and deadline`,
          log: await ports.engine.logs(subject.container.name, LOG_LINES),
        },
      )
    }
    const left = Math.max(1, deadline - ports.clock.ms())
    // that a worker runs says something only when time has passed
    const next =
      !app.http && !subject.hasHealthcheck
        ? app.health.intervalMs
        : good > 0
          ? CONFIRM_PAUSE_MS
          : pause
    await ports.clock.sleep(Math.min(next, left), options.signal)
    pause = Math.min(pause * PAUSE_GROWTH, app.health.intervalMs)
  }
}

/** Looks on for `watchMs` after the swap. Throws what `waitUntilHealthy` throws when the container exits or fails. */
export async function watch(
  subject: Subject,
  ports: HealthPorts,
  signal: AbortSignal,
): Promise<string> {
  const { app } = subject
  const end = ports.clock.ms() + app.watchMs
  let nextProbe = ports.clock.ms()
  let failures = 0
  while (ports.clock.ms() < end) {
    if (ports.clock.ms() < nextProbe) {
      await stillRuns(subject, ports).catch(unlessAway)
    } else {
      const answer = await checkIfThere(subject, ports, signal)
      failures = answer.healthy ? 0 : failures + 1
      if (failures >= FAILURES_TO_ROLL_BACK) {
        throw new DeployError(
          'unhealthy',
          `${app.name} failed ${failures} health checks in a row after the swap; last answer: ${answer.text}`,
          { log: await ports.engine.logs(subject.container.name, LOG_LINES) },
        )
      }
      // a doubtful container is looked at again soon
      nextProbe = ports.clock.ms() + (failures > 0 ? WATCH_PAUSE_MS : app.health.intervalMs)
    }
    const left = end - ports.clock.ms()
    if (left > 0) await ports.clock.sleep(Math.min(WATCH_PAUSE_MS, left), signal)
  }
  return `steady for ${app.watchMs / 1000} s`
}

/** That the engine does not answer says nothing about the container. */
const checkIfThere = (subject: Subject, ports: HealthPorts, signal: AbortSignal): Promise<Answer> =>
  check(subject, ports, signal).catch((error: unknown) => {
    unlessAway(error)
    return { healthy: true, text: 'the engine does not answer', enough: 1 }
  })

function unlessAway(error: unknown): void {
  if (!(error instanceof DeployError) || error.code !== 'engine_unreachable') throw error
}

interface Answer {
  healthy: boolean
  text: string
  /** Good answers in a row that suffice: a HEALTHCHECK counts its own. */
  enough: number
}

async function check(subject: Subject, ports: HealthPorts, signal: AbortSignal): Promise<Answer> {
  const container = await stillRuns(subject, ports)
  const { health } = subject.app
  if (health.path === undefined && subject.hasHealthcheck) return byHealthcheck(container)
  if (!subject.app.http) return { healthy: true, text: 'it runs', enough: health.healthyAfter }
  return byHttp(container, health, ports, signal)
}

function byHealthcheck(container: Container): Answer {
  const status = container.health?.status ?? 'starting'
  const output = container.health?.output.trim() ?? ''
  return {
    healthy: status === 'healthy',
    text: `HEALTHCHECK ${status}${output === '' ? '' : `: ${shorten(output, SHOWN_BODY_CHARACTERS)}`}`,
    enough: 1,
  }
}

/** A configured path must answer 2xx or 3xx; without one, any answer below 500 shows that the app is up. */
async function byHttp(
  container: Container,
  health: HealthPolicy,
  ports: HealthPorts,
  signal: AbortSignal,
): Promise<Answer> {
  const path = health.path ?? '/'
  const enough = health.healthyAfter
  try {
    const { status, body } = await ports.probe({
      url: `http://${container.address}:${health.port ?? container.port}${path}`,
      headers: health.headers,
      // one that may take longer than all of them would be the only one
      timeoutMs: Math.min(health.timeoutMs, health.deadlineMs),
      signal,
    })
    const healthy = status >= 200 && status < (health.path === undefined ? 500 : 400)
    const said = body === '' ? '' : `: ${shorten(body, SHOWN_BODY_CHARACTERS)}`
    return { healthy, text: `GET ${path} answered ${status}${said}`, enough }
  } catch (error) {
    signal.throwIfAborted()
    const reason = error instanceof Error ? error.message : String(error)
    return { healthy: false, text: `GET ${path}: ${reason}`, enough }
  }
}

/** The container as it is now. Throws `exited` when it stopped or was started again since. */
async function stillRuns(subject: Subject, ports: HealthPorts): Promise<Container> {
  const { app, container } = subject
  const now = await ports.engine.container(container.name)
  if (now === undefined) {
    throw new DeployError('exited', `the container ${container.name} is gone: someone removed it`)
  }
  if (now.running && now.restarts === 0) return now
  const why = now.oomKilled
    ? `was killed for using more than its memory limit (exit code ${now.exitCode})`
    : now.restarts > 0
      ? `stopped and was restarted ${now.restarts} times`
      : `exited with code ${now.exitCode}`
  const log = await ports.engine.logs(container.name, LOG_LINES)
  const hint = now.oomKilled
    ? `raise apps.${app.name}.mem_limit, or let the app use less memory`
    : log.some((line) => NOT_EXECUTABLE.test(line))
      ? 'what the image starts was built for another CPU: build the image for this one (platforms: linux/amd64,linux/arm64); a script has to begin with #!/bin/sh'
      : 'look at the log below'
  throw new DeployError('exited', `the container of ${app.name} ${why}`, { hint, log })
}
