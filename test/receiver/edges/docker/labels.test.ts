import { expect, test } from 'vitest'
import type { ContainerPlan, ReleasePlan } from '../../../../receiver/core/slots/ports.ts'
import { isOurs, labelsOf, releaseLabels } from '../../../../receiver/edges/docker/labels.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'

const image = { repository: APP.image.repository, digest: DIGEST.one }
const PLAN: ContainerPlan = {
  app: APP,
  deployment: 'dep_1',
  generation: 1,
  slot: 'blue',
  replica: 1,
  ...image,
  address: '10.213.0.10',
  port: 8000,
  volumes: [],
}
const RELEASE: ReleasePlan = {
  app: APP,
  generation: 1,
  ...image,
  command: [],
  timeoutMs: 1,
  volumes: [],
}

const homeOf = (id: string, known: string[] = [], network = 'deploy') => ({
  network,
  installation: { id, knows: (deployment: string) => known.includes(deployment) },
})
const OURS = homeOf('ours')
const without = (labels: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(labels).filter(([each]) => each !== name))
const ID = 'deploy-receiver.installation'

test.each([
  ['a container', labelsOf(OURS, PLAN)],
  ['a release command', releaseLabels(OURS, RELEASE)],
])('%s bears the id of its installation, and is no other one’s', (_, labels) => {
  expect(labels[ID]).toBe('ours')
  expect(isOurs(OURS, labels)).toBe(true)
  expect(isOurs(homeOf('theirs', ['dep_1']), labels)).toBe(false)
  expect(isOurs(homeOf('ours', [], 'elsewhere'), labels)).toBe(false)
})

test('a container that is older than the ids is of whoever has its deployment on record', () => {
  const labels = without(labelsOf(OURS, PLAN), ID)
  expect(isOurs(homeOf('ours', ['dep_1']), labels)).toBe(true)
  expect(isOurs(homeOf('theirs', ['dep_2']), labels)).toBe(false)
})

test('a release command that is older than the ids is of whoever has its network', () => {
  const labels = without(releaseLabels(OURS, RELEASE), ID)
  expect(isOurs(OURS, labels)).toBe(true)
  expect(isOurs(homeOf('ours', [], 'elsewhere'), labels)).toBe(false)
})

test.each([
  [{}],
  [null],
  [undefined],
  [{ 'deploy-receiver.network': 'deploy', 'deploy-receiver.slot': 'blue' }],
])('what a person made is not ours: %j', (labels) => {
  expect(isOurs(OURS, labels)).toBe(false)
})

test('no label of an app makes its container another installation’s', () => {
  const app = { ...APP, container: { ...APP.container, labels: { [ID]: 'theirs' } } }
  expect(labelsOf(OURS, { ...PLAN, app })[ID]).toBe('ours')
  expect(releaseLabels(OURS, { ...RELEASE, app })[ID]).toBe('ours')
})
