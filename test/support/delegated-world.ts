import type { SwarmApp } from '../../receiver/core/app.ts'
import type { DelegatedPorts } from '../../receiver/core/delegated/ports.ts'
import { createDelegatedRollout } from '../../receiver/core/delegated/rollout.ts'
import { reconcile } from '../../receiver/core/reconcile.ts'
import type { Rollout } from '../../receiver/core/rollout.ts'
import type { AppAnswer } from '../../receiver/core/slots/app-answer.ts'
import { createTurns } from '../../receiver/core/turns.ts'
import { createFakeWorld, type FakeWorld } from './fake-world.ts'
import { createFakeOrchestrator, type FakeOrchestrator } from './fakes/orchestrator.ts'
import { SWARM_APP } from './swarm-app.ts'

/** An orchestrator in memory, with the real store and rollout; what is called is noted in `world.calls`. */
export interface DelegatedWorld {
  world: FakeWorld
  fake: FakeOrchestrator<SwarmApp>
  rollout: Rollout<SwarmApp>
  visitors: {
    /** What the app answers where it is published; nobody comes unless set. */
    answer?: () => AppAnswer
    letIn: string[]
  }
  /** Brings the app to where nothing is missing; as another process with other books. */
  run(options?: {
    app?: SwarmApp
    journal?: DelegatedPorts<SwarmApp>['journal']
    signal?: AbortSignal
  }): Promise<unknown>
}

export function createDelegatedWorld(): DelegatedWorld {
  const world = createFakeWorld()
  const { journal: store, clock, report, registry, attestations } = world.ports
  const fake = createFakeOrchestrator<SwarmApp>({
    clock,
    note: (method, subject) => {
      if (method !== 'status') world.calls.push(`${method} ${subject}`)
    },
  })
  const visitors: DelegatedWorld['visitors'] = { letIn: [] }
  const portsOn = (journal: DelegatedPorts<SwarmApp>['journal']): DelegatedPorts<SwarmApp> => ({
    journal,
    clock,
    report,
    registry,
    attestations,
    orchestrator: fake.orchestrator,
    visitors: {
      show: async () => ({ warnings: [] }),
      arrive: async () => {},
      letIn: (app) => void visitors.letIn.push(app),
      ask: async () => visitors.answer?.(),
    },
  })
  return {
    world,
    fake,
    visitors,
    rollout: createDelegatedRollout(portsOn(store)),
    run({ app = SWARM_APP, journal = store, signal = new AbortController().signal } = {}) {
      const swarm = createDelegatedRollout(portsOn(journal))
      const rollouts = { docker: undefined as never, swarm, kubernetes: undefined as never }
      return reconcile(app, { journal, clock, report, rollouts, turns: createTurns() }, signal)
    },
  }
}
