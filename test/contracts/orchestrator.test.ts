import type { AppSpec } from '../../receiver/core/app.ts'
import { createFakeClock } from '../support/fakes/clock.ts'
import { createFakeOrchestrator } from '../support/fakes/orchestrator.ts'
import { KUBERNETES_APP } from '../support/kubernetes-app.ts'
import { SWARM_APP } from '../support/swarm-app.ts'
import { orchestratorContract, type OrchestratorWorld, type Version } from './orchestrator.ts'

const VERSIONS = ['one', 'two', 'missing', 'crashes', 'crashes later', 'never ready', 'no room']
const digestOf = (index: number) => `sha256:${String(index + 1).repeat(64)}`

function open<App extends AppSpec>(
  like: App,
  { leavesToOthers }: { leavesToOthers: boolean },
): OrchestratorWorld<App> {
  const clock = createFakeClock()
  const fake = createFakeOrchestrator<App>({ clock, leavesToOthers })
  const { fates } = fake
  const digests = Object.fromEntries(
    VERSIONS.map((version, index) => [version, digestOf(index)]),
  ) as Record<Version, string>
  fates.set(digests.missing, { kind: 'missing' })
  fates.set(digests.crashes, { kind: 'crashes', afterMs: 0 })
  fates.set(digests['crashes later'], { kind: 'crashes', afterMs: 1000 })
  fates.set(digests['never ready'], { kind: 'never ready' })
  fates.set(digests['no room'], { kind: 'no room' })
  const repository = 'registry.example/acme/api'
  let apps = 0
  return {
    orchestrator: fake.orchestrator,
    clock,
    repository,
    digests,
    app: (changes = {}) => ({ ...like, name: `api-${++apps}`, replicas: 2, ...changes }),
    ...(leavesToOthers
      ? {
          async prepare({ name }: App) {
            fake.make(name, `${repository}@${digests.one}`, 2)
            return async () => fake.change(name, undefined)
          },
        }
      : {}),
    change: async ({ name }, image) => fake.change(name, image),
    tooBig: (app) => app,
    noRoom: 'no suitable node',
    goesBack: !leavesToOthers,
    close: async () => {},
  }
}

orchestratorContract('in memory, as a swarm is', async () =>
  open(SWARM_APP, { leavesToOthers: false }),
)
orchestratorContract('in memory, as a cluster is', async () =>
  open(KUBERNETES_APP, { leavesToOthers: true }),
)
