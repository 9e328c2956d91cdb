import type { DeploymentEvent } from '../../../protocol/deployment.ts'
import { prune } from '../image/prune.ts'
import { retireWorkers } from '../project/standing-workers.ts'
import { inParallel } from './in-parallel.ts'
import { removeContainer } from './kept-logs.ts'
import { others, type StepContext } from './next-step.ts'
import type { Container } from './container.ts'

/** Exit code of what was ended by SIGKILL: 128 and the number of the signal. */
const KILLED = 137

/** The step `retire`: the old containers stop and go, or stay warm, and with them the images that nobody needs. */
export async function retire(context: StepContext): Promise<string> {
  const { app, stored, world, ports, signal } = context
  const old = others(stored, world)
  const warm = app.warmMs > 0 ? old.filter((container) => container.running) : []
  const retired = old.filter((container) => !warm.includes(container))
  const ends = await inParallel(retired, signal, (container) => remove(container, context))
  const workers = await retireWorkers(context)
  await prune(app, ports)
  const lines = [
    ...[...retired.map(({ name }) => name), ...workers].map((name) => `removed ${name}`),
    ...warm.map(({ name }) => `${name} stays warm for ${app.warmMs / 1000} s`),
  ]
  const line = lines.join(', ') || 'nothing to retire'
  return ends.includes('killed') ? `${line}${wasKilled(context)}` : line
}

/** Resolves to how it came to its end. */
async function remove(
  old: Container,
  { app, ports }: StepContext,
): Promise<'killed' | 'by itself'> {
  const { engine } = ports
  const { name, running } = old
  const graceMs = app.container.stopGraceMs
  if (running) await engine.stop(name, { graceMs })
  const ended = await engine.container(name)
  await removeContainer(old, app, ports)
  const isDeaf = graceMs > 0 && ended?.exitCode === KILLED && !ended.oomKilled
  return isDeaf ? 'killed' : 'by itself'
}

const KILLED_AFTER = ' of the signal to stop and was killed'

/** It costs every deployment the whole grace, and visitors what was under way: what helps is told once, not each time. */
function wasKilled({ app: { name, container }, deaf }: StepContext): string {
  const fact = `; it did not end within ${container.stopGraceMs / 1000} s${KILLED_AFTER}`
  if (deaf.has(name)) return fact
  deaf.add(name)
  return `${fact}: ${hearingAdvice(container)}`
}

/** What has a container hear the signal to stop. */
export const hearingAdvice = ({ init }: { init?: boolean }): string =>
  `${init === true ? '' : 'init: true has process 1 pass it on, '}stop_signal sets one that the app hears`

/** Whether a deployment had to kill what it retired, by its events; `undefined` when it retired nothing. */
export function hadToKill(events: readonly DeploymentEvent[]): boolean | undefined {
  const told = events.flatMap((event) =>
    event.type === 'step' && event.step === 'retire' ? (event.message ?? []) : [],
  )
  const message = told.findLast((each) => each.startsWith('removed '))
  return message?.includes(KILLED_AFTER)
}
