import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import { resolve } from '../../../../receiver/core/image/resolve.ts'
import { holdsOf } from '../../../../receiver/core/intake/hold.ts'
import { submitPolled } from '../../../../receiver/core/intake/pollers.ts'
import { type Submission, submit, type Submitted } from '../../../../receiver/core/intake/submit.ts'
import { createRedactor } from '../../../../receiver/core/redaction/redactor.ts'
import { openStore } from '../../../../receiver/serve/open-store.ts'
import { APP, createFakeWorld } from '../../../support/fake-world.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const hex = (letter: string) => `sha256:${letter.toLowerCase().repeat(64)}`
const letterOf = (digest = '') => digest.at(-1)?.toUpperCase() ?? ''

/** An app whose history is written down in words; its time goes on by an hour with each of them. */
function startHistory(file = ':memory:') {
  const clock = createFakeClock()
  const store = openStore(
    { file, settingsKey: Buffer.alloc(32, 7), subnet: '10.213.0.0/24' },
    { clock, log: () => {}, redactor: createRedactor({ common: [], apps: {} }) },
  )
  const { intake, journal } = store
  const ask = (asks: Submission['asks']): Submitted =>
    submit(
      {
        app: APP,
        asks,
        source: {},
        attestations: [],
        bodySha256: '',
        audit: { sender: { kind: 'none' } },
      },
      intake,
    )
  const order = (request: (Submission['asks'] & { kind: 'order' })['request']) =>
    ask({ kind: 'order', request })

  /** What the reconciler would record of a deployment. */
  const run = (submitted: Submitted, letter: string | undefined, end: string) => {
    if (!('deployment' in submitted)) return
    const { id, image } = submitted.deployment
    const at = clock.now()
    if (end === 'waits') return
    journal.append(id, { type: 'started', at })
    const live = journal.live('api')?.deployment
    const digest = image.digest ?? hex(letter ?? '')
    const previous =
      live?.image.digest === undefined
        ? {}
        : { previous: { deployment: live.id, digest: live.image.digest } }
    journal.append(id, { type: 'image', at, digest, ...previous })
    if (end === 'runs') return
    const error = (code: string) => ({ code, message: 'it failed' })
    if (end === 'fails') {
      journal.append(id, { type: 'finished', at, status: 'failed', error: error('unhealthy') })
      return
    }
    journal.append(id, { type: 'live', at }, { live: true })
    if (end === 'swapped-back') {
      journal.setLive('api', live?.id ?? '')
      journal.append(id, { type: 'finished', at, status: 'failed', error: error('rolled_back') })
    } else if (end === '') journal.append(id, { type: 'finished', at, status: 'succeeded' })
  }

  const step = (line: string): string => {
    void clock.sleep(3_600_000, new AbortController().signal)
    const [verb = '', letter, end = ''] = line.split(' ')
    switch (verb) {
      case 'deploy': {
        const submitted = order({ action: 'deploy', digest: hex(letter ?? '') })
        run(submitted, letter, end)
        return submitted.kind
      }
      case 'redeploy': {
        const submitted = order({ action: 'redeploy' })
        run(submitted, letter, end)
        return submitted.kind
      }
      case 'rollback': {
        const to = letter === 'previous' ? letter : hex(letter ?? '')
        const submitted = order({ action: 'rollback', to })
        run(submitted, letter, end)
        return submitted.kind
      }
      case 'hint': {
        const digest = letter === 'unknown' ? {} : { digest: hex(letter ?? '') }
        const submitted = ask({ kind: 'hint', hint: { tag: 'latest', ...digest } })
        run(submitted, letter, end === '' ? 'waits' : end === 'lives' ? '' : end)
        return submitted.kind
      }
      case 'poll':
        return submitPolled(APP, hex(letter ?? ''), intake).kind
      case 'remove':
        journal.setNothingLive('api')
        return ''
      default:
        throw new Error(`what is ${verb}?`)
    }
  }

  return {
    clock,
    store,
    /** What became of the last line. */
    play: (script: string) => script.split(', ').map(step).at(-1),
    onHold: () =>
      holdsOf(journal.recent('api'), journal.live('api')?.deployment).map(({ digest }) =>
        letterOf(digest),
      ),
    live: () => letterOf(journal.live('api')?.deployment.image.digest),
  }
}

const ABC = 'deploy A, deploy B, deploy C'

test.for<[string, string, string, string[]]>([
  // what is left stays away
  ['a hint at what was left', `${ABC}, rollback previous, hint C`, 'ignored', ['C']],
  ['polling that finds it', `${ABC}, rollback previous, poll C`, 'ignored', ['C']],
  ['a hint while the rollback waits', `${ABC}, rollback previous waits, hint C`, 'ignored', ['C']],
  ['a hint while it runs', `${ABC}, rollback previous runs, hint C`, 'ignored', ['C']],
  [
    'a hint while it waits for what it is to replace',
    `${ABC}, deploy D runs, rollback A waits, hint D`,
    'ignored',
    ['D', 'C'],
  ],
  [
    'a hint at what is on hold, after two rollbacks',
    `${ABC}, rollback previous, rollback previous, hint C`,
    'ignored',
    ['C', 'B'],
  ],
  [
    'a hint at what the second one left',
    `${ABC}, rollback previous, rollback previous, hint B`,
    'ignored',
    ['C', 'B'],
  ],
  ['a hint after going forth and back', `${ABC}, rollback A, rollback C, hint A`, 'ignored', ['A']],
  ['a hint at what was swapped back', `${ABC}, deploy D swapped-back, hint D`, 'ignored', ['D']],
  ['polling of it', `${ABC}, deploy D swapped-back, poll D`, 'ignored', ['D']],
  [
    'a hint that is swapped back after a rollback',
    `${ABC}, rollback previous, hint D swapped-back, hint C`,
    'ignored',
    ['C', 'D'],
  ],
  [
    'a hint after something else failed',
    `${ABC}, rollback previous, deploy D fails, hint C`,
    'ignored',
    ['C'],
  ],
  [
    'a hint after what is live was deployed again',
    `${ABC}, rollback previous, deploy B, hint C`,
    'ignored',
    ['C'],
  ],
  ['a hint after a failed rollback', `${ABC}, rollback previous fails, hint C`, 'unchanged', []],
  [
    'a hint at what a rollback could not keep live',
    `${ABC}, rollback previous swapped-back, hint B`,
    'ignored',
    ['B'],
  ],
  // what is not known yet must not take the place of a rollback
  [
    'a hint without a digest while a rollback waits',
    `${ABC}, rollback previous waits, hint unknown`,
    'ignored',
    ['C'],
  ],
  [
    'a hint without a digest after it',
    `${ABC}, rollback previous, hint unknown`,
    'accepted',
    ['C'],
  ],
  // what lifts it
  ['a hint at another digest', `${ABC}, rollback previous, hint D`, 'accepted', ['C']],
  ['polling of another digest', `${ABC}, rollback previous, poll D`, 'accepted', ['C']],
  ['a hint at it once another one is live', `${ABC}, rollback A, deploy D, hint C`, 'accepted', []],
  [
    'a hint at it once another hint is live',
    `${ABC}, rollback A, hint D lives, hint C`,
    'accepted',
    [],
  ],
  ['an order of it', `${ABC}, rollback previous, deploy C waits`, 'accepted', []],
  ['a hint at what was ordered', `${ABC}, rollback previous, deploy C, hint C`, 'unchanged', []],
  [
    'a hint at what was ordered by its tag',
    `${ABC}, rollback previous, redeploy C, hint C`,
    'unchanged',
    [],
  ],
  [
    'a hint at what was ordered in vain',
    `${ABC}, rollback previous, deploy C fails, hint C`,
    'accepted',
    [],
  ],
  ['a rollback to it', `${ABC}, rollback previous, rollback C, hint C`, 'unchanged', ['B']],
  // what is no rollback
  ['a hint at what failed before it was live', `${ABC}, deploy D fails, hint D`, 'accepted', []],
  ['a hint at what is live', `${ABC}, rollback previous, hint B`, 'unchanged', ['C']],
  ['a hint at what was replaced', `${ABC}, hint A`, 'accepted', []],
  ['a rollback to what is live', `${ABC}, rollback C, hint C`, 'unchanged', []],
  [
    'a hint at an app that was taken away and comes again',
    `${ABC}, rollback previous, remove, hint C`,
    'accepted',
    [],
  ],
])('%s: %s', ([, script, outcome, onHold]) => {
  const history = startHistory()
  expect([history.play(script), history.onHold()]).toEqual([outcome, onHold])
  history.store.database.close()
})

test.for([
  ['goes further back with each', 'rollback previous, rollback previous', 'A'],
  [
    'goes to the same again after one that failed',
    'rollback previous fails, rollback previous',
    'B',
  ],
  [
    'goes to the same again after one that was swapped back',
    'rollback previous swapped-back, rollback previous',
    'B',
  ],
  ['goes to what was live before a new one', 'rollback A, deploy D, rollback previous', 'A'],
  ['goes on from there', 'rollback previous, deploy D, rollback previous, rollback previous', 'A'],
  ['takes one digest deployed twice as one', 'deploy C, rollback previous', 'B'],
  [
    'goes through a digest that was live twice',
    'deploy A, rollback previous, rollback previous',
    'B',
  ],
  ['passes over what failed', 'deploy D fails, rollback previous', 'B'],
  ['passes over what was swapped back', 'deploy D swapped-back, rollback previous', 'B'],
  ['goes back from one that went forth', 'rollback A, rollback C, rollback previous', 'A'],
])('rollback to the previous digest %s', ([, script, live]) => {
  const history = startHistory()
  history.play(`${ABC}, ${script}`)
  expect(history.live()).toBe(live)
  history.store.database.close()
})

test('a rollback from the first of all is refused, and says how to go forth', () => {
  const history = startHistory()
  history.play(`${ABC}, rollback previous, rollback previous`)
  expect(() => history.play('rollback previous')).toThrow(
    `nothing was live before ${hex('A')}, which api runs`,
  )
  expect(history.live()).toBe('A')
  history.store.database.close()
})

test('a hold outlives the receiver, and says what to do', () => {
  const dir = mkdtempSync(join(tmpdir(), 'hold-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const before = startHistory(join(dir, 'store.db'))
  before.play(`${ABC}, rollback previous`)
  const rollback = before.store.intake.newest('api')?.id ?? ''
  before.store.database.close()
  const after = startHistory(join(dir, 'store.db'))
  expect(after.play('poll C')).toBe('ignored')
  expect(after.store.audit.list({ limit: 1 })).toMatchObject([
    {
      sender: { kind: 'poll' },
      outcome: 'ignored',
      reason: `${hex('C')} is on hold: ${rollback} went back from it; until another digest is live, only an order brings it back: deploy-receiver deploy api, or a signed hook`,
    },
  ])
  after.store.database.close()
})

test('a history is read no further back than the last new digest', () => {
  const history = startHistory()
  history.play(`${ABC}, rollback previous`)
  const { journal } = history.store
  let read = 0
  const counted = function* () {
    for (const each of journal.recent('api')) {
      read += 1
      yield each
    }
  }
  holdsOf(counted(), journal.live('api')?.deployment)
  expect(read).toBe(2)
  history.store.database.close()
})

test.for([
  ['what is on hold when it becomes known is not run', true, 'on_hold'],
  ['what somebody ordered is run', false, undefined],
] as const)('%s', async ([, hint, code]) => {
  const world = createFakeWorld()
  const { ports, store, clock } = world
  const live = (id: string) => {
    const at = clock.now()
    const digest = store.get(id)?.deployment.image.digest ?? ''
    const previous = store.live('api')?.deployment
    store.append(id, {
      type: 'image',
      at,
      digest,
      ...(previous === undefined
        ? {}
        : { previous: { deployment: previous.id, digest: previous.image.digest ?? '' } }),
    })
    store.append(id, { type: 'live', at }, { live: true })
    store.append(id, { type: 'finished', at, status: 'succeeded' })
  }
  world.accept({ id: 'dep_1', digest: hex('A') })
  live('dep_1')
  // the followed tag stands for it
  const { repository, tag } = APP.image
  const left = await ports.registry.resolve({ repository, tag }, new AbortController().signal)
  world.accept({ id: 'dep_2', digest: left })
  live('dep_2')
  world.accept({ id: 'dep_3', digest: hex('A'), action: 'rollback' })
  live('dep_3')
  store.add({
    id: 'dep_4',
    app: 'api',
    action: 'deploy',
    status: 'queued',
    image: { repository, tag },
    ...(hint ? { hint } : {}),
    source: {},
    created_at: clock.now(),
    steps: [],
  })
  const stored = store.get('dep_4')
  if (stored === undefined) throw new Error('dep_4 is not on record')
  const resolved = resolve(APP, stored, ports, {
    progress: () => {},
    signal: new AbortController().signal,
  }).catch((error: unknown) => error)
  const outcome = await resolved
  expect(outcome instanceof DeployError ? outcome.code : undefined).toBe(code)
})
