import { createFakeClock } from '../support/fakes/clock.ts'
import { createFakeOrchestrator } from '../support/fakes/orchestrator.ts'
import { SWARM_APP } from '../support/swarm-app.ts'
import type { SwarmApp } from '../../receiver/core/app.ts'
import { orchestratorContract, type Version } from './orchestrator.ts'

const VERSIONS = ['one', 'two', 'missing', 'crashes', 'crashes later', 'never ready', 'no room']
const digestOf = (index: number) => `sha256:${String(index + 1).repeat(64)}`

orchestratorContract('in memory', async () => {
  const clock = createFakeClock()
  const { orchestrator, fates, change } = createFakeOrchestrator<SwarmApp>({ clock })
  const digests = Object.fromEntries(
    VERSIONS.map((version, index) => [version, digestOf(index)]),
  ) as Record<Version, string>
  fates.set(digests.missing, { kind: 'missing' })
  fates.set(digests.crashes, { kind: 'crashes', afterMs: 0 })
  fates.set(digests['crashes later'], { kind: 'crashes', afterMs: 1000 })
  fates.set(digests['never ready'], { kind: 'never ready' })
  fates.set(digests['no room'], { kind: 'no room' })
  let apps = 0
  return {
    orchestrator,
    clock,
    repository: 'registry.example/acme/api',
    digests,
    app: (changes = {}) => ({ ...SWARM_APP, name: `api-${++apps}`, replicas: 2, ...changes }),
    change: async ({ name }, image) => change(name, image),
    goesBack: true,
    noRoom: 'no suitable node',
    tooBig: (app) => app,
    close: async () => {},
  }
})
