import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { Answer } from './answer.ts'
import { ask, check, type HealthPorts, type Subject } from './check.ts'
import { healthDeadlineMs } from './healthcheck.ts'
import { logHint } from './log-hint.ts'
import { LOG_LINES, runs, stillRuns } from './still-runs.ts'

/** Between two probes, and the share of the time waited so far: an app is seen soon, against the time that it took. */
const PROBES = { leastMs: 10, share: 0.05 }
/** A test is a program that starts in the container, beside the app that starts. */
const TESTS = { leastMs: 250, share: 0.5 }
/** That a container ended is seen within so long. */
const LOOK_EVERY_MS = 250
/** Failing answers in a row that count as unhealthy once live, as Docker's own `retries`. */
const FAILURES_TO_ROLL_BACK = 3

/**
 * Waits until the container, which was seen just now, is healthy: probes at once, soon again, then ever slower up to the configured
 * interval, and wants `healthyAfter` good answers in a row. It is looked at once more with the last of them. Returns a line that says what was seen. Throws `DeployError` (`exited`,
 * `unhealthy`) with the last answer and the container's last lines.
 */
export async function waitUntilHealthy(
  subject: Subject,
  ports: HealthPorts,
  options: { progress: (message: string) => void; signal: AbortSignal },
): Promise<string> {
  const { app, healthcheck } = subject
  const deadlineMs = healthDeadlineMs(app, healthcheck)
  const began = ports.clock.ms()
  const deadline = began + deadlineMs
  const { leastMs, share } = healthcheck === undefined ? PROBES : TESTS
  let { container } = subject
  if (!runs(container)) container = await stillRuns(subject, ports)
  let lookedAt = began
  let [good, enough] = [0, 0]
  let probes = 0
  let shown = ''
  for (;;) {
    const look = async () => {
      container = await stillRuns(subject, ports)
      lookedAt = ports.clock.ms()
    }
    const asked = ask({ ...subject, container }, ports, options.signal)
    // the last thing before it is live, if the answer is good
    const isLast = good > 0 && good + 1 === enough
    const [answer] = await Promise.all([asked, isLast ? look() : undefined])
    probes += 1
    enough = answer.enough
    good = answer.healthy ? good + 1 : 0
    if (answer.text !== shown) options.progress((shown = answer.text))
    const isEnough = good >= enough
    if ((isEnough && !isLast) || ports.clock.ms() - lookedAt >= LOOK_EVERY_MS) await look()
    if (isEnough) return `${answer.text}, after ${probes} probes`
    if (ports.clock.ms() >= deadline) {
      const log = await ports.engine.logs(subject.container.name, LOG_LINES)
      throw new DeployError(
        'unhealthy',
        `${app.name} was not healthy within ${deadlineMs / 1000} s; last answer: ${answer.text}`,
        { hint: hintOf(app, answer, log), log },
      )
    }
    // confirmed at once: it is the last thing between a healthy container and its users
    if (good > 0 && app.http) continue
    const left = Math.max(1, deadline - ports.clock.ms())
    const pause = Math.max(leastMs, (ports.clock.ms() - began) * share)
    // that a worker runs says something only when time has passed
    const next =
      !app.http && healthcheck === undefined
        ? app.health.intervalMs
        : Math.min(pause, app.health.intervalMs)
    await ports.clock.sleep(Math.min(next, left), options.signal)
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
        const log = await ports.engine.logs(subject.container.name, LOG_LINES)
        throw new DeployError(
          'unhealthy',
          `${app.name} failed ${failures} health checks in a row after the swap; last answer: ${answer.text}`,
          { hint: hintOf(app, answer, log), log },
        )
      }
      // a doubtful container is looked at again soon
      nextProbe = ports.clock.ms() + (failures > 0 ? LOOK_EVERY_MS : app.health.intervalMs)
    }
    const left = end - ports.clock.ms()
    if (left > 0) await ports.clock.sleep(Math.min(LOOK_EVERY_MS, left), signal)
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

const hintOf = (app: DockerApp, { hint }: Answer, log: readonly string[]): string =>
  `${logHint(app, log)}; ${hint ?? `apps.${app.name}.health sets path, headers, port and deadline`}`
