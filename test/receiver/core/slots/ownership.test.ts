import { expect, test } from 'vitest'
import { makerOf, refuseOthers, type Standing } from '../../../../receiver/core/slots/ownership.ts'
import { DIGEST } from '../../../support/fake-world.ts'

const DATA = '/var/lib/deploy-receiver'
const standing = (change: Partial<Standing> = {}): Standing => ({
  name: 'deploy-api-3-green',
  app: 'api',
  generation: 3,
  slot: 'green',
  replica: 1,
  digest: DIGEST.one,
  address: '10.213.0.11',
  port: 8000,
  running: true,
  deployment: 'dep_3',
  createdAt: '2026-01-01T00:00:00.000Z',
  volumes: {},
  ...change,
})
const look = (
  machine: { standing?: Standing[]; madeBy?: string },
  store: { id?: string; has?: string[] } = {},
) =>
  refuseOthers(
    { network: 'deploy', standing: [], ...machine },
    { data: DATA, id: store.id, knows: (id) => store.has?.includes(id) ?? false },
  )
const OURS = { id: 'aa', has: ['dep_3'] }

test('a machine with nothing on it is nobody’s', () => {
  expect(() => look({})).not.toThrow()
})

test('what bears our id, and is on record, is ours', () => {
  expect(() =>
    look({ standing: [standing({ installation: 'aa' })], madeBy: 'aa' }, OURS),
  ).not.toThrow()
})

test('what is older than the ids is ours when its deployment is on record', () => {
  expect(() => look({ standing: [standing()] }, OURS)).not.toThrow()
  expect(() => look({ standing: [standing()] }, { has: ['dep_3'] })).not.toThrow()
})

test.for<[string, Parameters<typeof look>]>([
  ['an empty record', [{ standing: [standing({ installation: 'aa' })] }]],
  ['an empty record, beside what is older than the ids', [{ standing: [standing()] }]],
  [
    'a record that is older than what stands',
    [{ standing: [standing({ installation: 'aa' })] }, { id: 'aa' }],
  ],
  ['another installation', [{ standing: [standing({ installation: 'bb' })] }, OURS]],
  [
    'what stands still, too',
    [{ standing: [standing({ installation: 'bb', running: false })] }, OURS],
  ],
])('%s is refused: by name, with both remedies', ([, [machine, store]]) => {
  expect(() => look(machine, store)).toThrow(
    expect.objectContaining({
      code: 'not_ours',
      message: expect.stringMatching(/^\/var\/lib\/deploy-receiver .*deploy-api-3-green/),
      hint: expect.stringMatching(/put it back.*deploy-receiver adopt.*network\.name/),
    }),
  )
})

test('a network that another installation made is not ours, though nothing stands on it yet', () => {
  expect(() => look({ madeBy: 'bb' }, OURS)).toThrow(
    'the Docker network deploy (of the installation bb)',
  )
})

test('of many containers some are named', () => {
  const many = Array.from({ length: 9 }, (_, at) => standing({ name: `deploy-app${at}-1-blue` }))
  expect(() => look({ standing: many })).toThrow('deploy-app4-1-blue and 4 more')
})

test('the maker of what stands is one, or it is asked whose each is', () => {
  const [old, ours, theirs] = [
    standing(),
    standing({ installation: 'aa' }),
    standing({ installation: 'bb' }),
  ]
  const machine = (...all: Standing[]) => ({ network: 'deploy', standing: all })
  expect(makerOf(machine(old))).toBeUndefined()
  expect(makerOf(machine(old, ours))).toBe('aa')
  expect(makerOf({ ...machine(), madeBy: 'cc' })).toBe('cc')
  expect(() => makerOf(machine(ours, theirs))).toThrow(
    'several installations made what is on the Docker network deploy: aa, bb',
  )
})
