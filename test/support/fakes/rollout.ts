import type { DockerApp } from '../../../receiver/core/app.ts'
import { DeployError } from '../../../receiver/core/errors.ts'
import type { Bookkeeping, StoredDeployment } from '../../../receiver/core/journal.ts'
import type { Rollout } from '../../../receiver/core/rollout.ts'
import { type Note, unnoted } from './note.ts'

export interface FakeRollout {
  rollout: Rollout<DockerApp>
  /** What the orchestrator runs of an app: the generation that it was told last, and whether it came up. */
  running: Map<string, { generation: number; isUp: boolean }>
}

const STEPS = ['apply', 'rollout', 'watch'] as const

/** A rollout in memory with steps of its own, as an orchestrator has them: told what to run, it is watched until that is up. */
export function createFakeRollout({
  journal,
  note = unnoted,
  comesUp = () => true,
}: {
  journal: Bookkeeping['journal']
  note?: Note
  /** Whether what a digest is of becomes healthy. */
  comesUp?: (digest: string) => boolean
}): FakeRollout {
  const running: FakeRollout['running'] = new Map()
  const isLive = ({ deployment, generation }: StoredDeployment) => {
    const now = running.get(deployment.app)
    return now?.generation === generation && now.isUp
  }
  const rollout: Rollout<DockerApp> = {
    steps: { anew: new Set(['apply', 'rollout']), commit: 'rollout', cleanup: new Set() },

    async look(app, stored) {
      const done = (name: string) =>
        stored.deployment.steps.some((step) => step.name === name && step.status === 'succeeded')
      const next = STEPS.find((name) => !done(name))
      return {
        isLive: isLive(stored),
        next,
        async run() {
          note(next ?? 'nothing', stored.deployment.id)
          if (next === 'apply') {
            running.set(app.name, { generation: stored.generation, isUp: false })
          }
          if (next === 'rollout') {
            const { digest = '' } = stored.deployment.image
            if (!comesUp(digest)) throw new DeployError('unhealthy', `${digest} did not come up`)
            running.set(app.name, { generation: stored.generation, isUp: true })
          }
          return `${next ?? 'nothing'} is done`
        },
      }
    },

    async abandon(app, stored) {
      note('abandon', stored.deployment.id)
      const { error } = stored.deployment
      const swapped = stored.deployment.live_at !== undefined
      const back = swapped
        ? stored.deployment.previous?.deployment
        : journal.live(app.name)?.deployment.id
      const old = back === undefined ? undefined : generationOf(app.name, back)
      if (old === undefined) {
        running.delete(app.name)
        return error
      }
      running.set(app.name, { generation: old, isUp: true })
      if (!swapped || back === undefined) return error
      journal.setLive(app.name, back)
      return { ...error, code: 'rolled_back', message: `${error?.message ?? ''}; went back` }
    },

    async repair(app) {
      note('repair', app.name)
      const live = journal.live(app.name)
      const isUnderWay = journal.next(app.name)?.deployment.status === 'running'
      if (live !== undefined && !isUnderWay && !isLive(live)) {
        running.set(app.name, { generation: live.generation, isUp: true })
      }
      return undefined
    },

    tidy: async (app) => note('tidy', app.name),
  }

  const generationOf = (app: string, id: string): number | undefined => {
    for (let generation = 1; ; generation++) {
      const stored = journal.find(app, generation)
      if (stored === undefined) return undefined
      if (stored.deployment.id === id) return stored.generation
    }
  }

  return { rollout, running }
}
