import type { ComposeContainer, ComposeProjects } from '../../../receiver/core/project/ports.ts'
import { type Note, unnoted } from './note.ts'

export interface FakeProject {
  compose: ComposeProjects
  /** By service: what Compose has, or has after it was told to start it. */
  containers: Map<string, ComposeContainer>
  /** What a service comes to when Compose starts it; it runs and is healthy unless set. */
  starts: Map<string, Partial<ComposeContainer>>
  /** The image of the last override; `undefined`: none. */
  overrides: (string | undefined)[]
}

/** Compose, in memory. */
export function createFakeProject({ note = unnoted }: { note?: Note } = {}): FakeProject {
  const containers: FakeProject['containers'] = new Map()
  const starts: FakeProject['starts'] = new Map()
  const overrides: FakeProject['overrides'] = []
  return {
    containers,
    starts,
    overrides,
    compose: {
      async ensure(_app, { name }) {
        note('ensure', name)
      },
      containers: async () => [...containers.values()],
      async up(_app, project, service) {
        note('up', service)
        containers.set(service, {
          name: `${project.name}-${service}-1`,
          service,
          running: true,
          ended: false,
          exitCode: 0,
          health: 'healthy',
          ...starts.get(service),
        })
      },
      override(_app, _project, image) {
        if (overrides.at(-1) !== image || overrides.length === 0) overrides.push(image)
      },
      isOverridden: (_app, _project, image) => overrides.length > 0 && overrides.at(-1) === image,
      forget(app) {
        note('forget', app)
        overrides.length = 0
      },
      async removeApart(app) {
        note('removeApart', app)
        return []
      },
    },
  }
}
