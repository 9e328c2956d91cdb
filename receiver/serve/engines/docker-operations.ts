import type { DockerApp } from '../../core/app.ts'
import { defined } from '../../core/defined.ts'
import type { Operations } from '../../core/operations.ts'
import { appAnswer } from '../../core/slots/app-answer.ts'
import { healthOf } from '../../core/slots/app-health.ts'
import { readLogs } from '../../core/slots/logs.ts'
import { observe } from '../../core/slots/next-step.ts'
import { runOneOff } from '../../core/slots/one-off.ts'
import { startApp, stopApp } from '../../core/slots/operate.ts'
import { slotsPlan } from '../../core/slots/plan.ts'
import type { SlotPorts } from '../../core/slots/ports.ts'
import type { OpenStore } from '../open-store.ts'

/** Of apps in slots on this machine. */
export function dockerOperations(
  ports: SlotPorts,
  { store, wake }: { store: OpenStore; wake: (app: string) => void },
): Operations<DockerApp> {
  return {
    plan: async (app) => slotsPlan(app, ports),
    async health(app, ask) {
      const world = await observe(app.name, ports)
      const answer =
        ask && (await appAnswer(app, world, ports, ask.withinMs).catch(() => undefined))
      return { ...healthOf(world), ...defined({ answer }) }
    },
    logs: (_app, stored, options, signal) =>
      readLogs(stored, options, { ...store, engine: ports.engine, clock: ports.clock }, signal),
    run: (what, terminal, signal) => runOneOff(what, terminal, ports, signal),
    async container(_app, { deployment, standsIn }, replica) {
      const all = await ports.engine.containers(deployment.app)
      return all.find(
        (each) => each.generation === standsIn && each.replica === replica && each.running,
      )?.name
    },
    stop: (app, signal) => stopApp(app, { ...ports, wake }, signal),
    start: (app, signal) => startApp(app, { ...ports, wake }, signal),
  }
}
