import { describe, expect, test } from 'vitest'
import { type AppSpec, settingsOf } from '../../../../receiver/core/app.ts'
import { movedFrom } from '../../../../receiver/core/delegated/moved.ts'
import { createDelegatedWorld } from '../../../support/delegated-world.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { KUBERNETES_APP } from '../../../support/kubernetes-app.ts'
import { SWARM_APP } from '../../../support/swarm-app.ts'

const inCluster = (changes: object): AppSpec => ({
  ...KUBERNETES_APP,
  kubernetes: { ...KUBERNETES_APP.kubernetes, namespace: 'shop', ...changes },
})
const ofService = (service: string): AppSpec => ({
  ...SWARM_APP,
  swarm: { ...SWARM_APP.swarm, service },
})

/** What is said of an app whose live release was one of `before`. */
const saidOf = (before: AppSpec, now: AppSpec) =>
  movedFrom(now, {
    live: () => ({ deployment: { id: 'dep_1', image: { digest: DIGEST.one } } }) as never,
    settings: () => settingsOf(before),
  })

const web = inCluster({})
const other = { kind: 'statefulset', name: 'other' }

test.for<[string, AppSpec, string, AppSpec]>([
  [
    'deployment/api of the namespace shop',
    web,
    'statefulset/other of',
    inCluster({ workload: other }),
  ],
  ['api of the namespace shop', web, 'api of the namespace mall', inCluster({ namespace: 'mall' })],
  ['shop', web, 'shop of the context prod', inCluster({ context: 'prod' })],
  ['the service that was made for it', SWARM_APP, 'the service theirs', ofService('theirs')],
  ['the service a', ofService('a'), 'the service b', ofService('b')],
])(
  'an app that is live in %s and is led elsewhere is said to leave that behind',
  ([from, before, to, now]) => {
    const said = saidOf(before, now)
    expect(said).toMatch(
      new RegExp(
        `is live in .*${from}, and the config leads to .*${to}.*left behind with ${DIGEST.one}`,
      ),
    )
  },
)

test.for<[string, AppSpec, AppSpec]>([
  ['nothing else', web, web],
  ['another container', web, inCluster({ container: 'web' })],
  ['another port', web, inCluster({ publish: { port: 30080, mode: 'ingress', nodes: [] } })],
  ['another engine, which is refused', SWARM_APP, web],
  ['slots', APP, { ...APP, port: 8080 }],
])('one that is led to %s leaves nothing behind', ([, before, now]) => {
  expect(saidOf(before, now)).toBeUndefined()
})

describe('an app that was led to another service', () => {
  const theirs = ofService('theirs') as typeof SWARM_APP
  const forever = new AbortController().signal

  async function moved() {
    const made = createDelegatedWorld()
    made.world.accept({ id: 'dep_1', digest: DIGEST.one })
    await made.run()
    made.fake.change('api', 'registry.example/acme/api:1.2')
    return made
  }

  test('is told as that, and not as somebody’s change', async () => {
    const { rollout, world } = await moved()
    await rollout.repair(theirs, forever)
    const said = world.reports.join()
    expect(said).toContain('the latter runs registry.example/acme/api:1.2')
    expect(said).not.toContain('somebody')
  })

  test('is deployed there, with a warning of what is left behind, and then all is well', async () => {
    const { rollout, world, run } = await moved()
    world.accept({ id: 'dep_2', digest: DIGEST.two })
    await run({ app: theirs })
    expect(world.store.get('dep_2')?.deployment.status).toBe('succeeded')
    const told = world.store
      .events('dep_2', 0)
      .map((event) => JSON.stringify(event))
      .join('\n')
    expect(told).toContain('warning: api is live in the service that was made for it')
    const reports = world.reports.length
    await rollout.repair(theirs, forever)
    expect(world.reports).toHaveLength(reports)
  })
})
