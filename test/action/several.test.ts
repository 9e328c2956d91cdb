import { expect, onTestFinished, test, vi } from 'vitest'
import { ActionError } from '../../action/error.ts'
import { readInputs } from '../../action/inputs.ts'
import { partsOf } from '../../action/part.ts'
import { deployToAll } from '../../action/several.ts'
import { standingLines } from '../../action/show-standing.ts'
import { standingOf } from '../../action/standing.ts'
import { runAction } from '../support/github-runner.ts'
import { contextOf } from './context-of.ts'
import { type Behaviour, NEW, OLD, startSmall } from './small-receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** What a job makes of receivers of which each behaves so; `first` never had a deployment. */
async function deployTo(
  behaviours: readonly (Behaviour | 'first')[],
  given: Record<string, string> = {},
) {
  const order: string[] = []
  const receivers = await Promise.all(
    behaviours.map((each, index) =>
      startSmall({
        ...(each === 'first' ? { isFirst: true } : { behaviour: each }),
        heard: (what) => order.push(`${index + 1} ${what}`),
      }),
    ),
  )
  const run = contextOf()
  const all: Record<string, string> = {
    url: receivers.map(({ url }) => url).join('\n'),
    secret: SECRET,
    image: `ghcr.io/acme/hello:main@${NEW}`,
    build: 'false',
    ...given,
  }
  const inputs = readInputs(run, (name) => all[name] ?? '')
  const parts = partsOf(inputs.hooks)
  const said: string[] = []
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.push(String(text))
    return true
  })
  const { onFailure, maxParallel } = inputs
  const error: unknown = await deployToAll(
    parts,
    {
      inputs,
      run,
      image: inputs.image,
      attestations: [],
      release: 'r1',
      signal: new AbortController().signal,
    },
    { onFailure, maxParallel, onChange: () => {} },
  ).catch((caught: unknown) => caught)
  spy.mockRestore()
  const standing = parts.map(standingOf)
  return {
    receivers,
    order,
    said: said.join(''),
    error: error as ActionError | undefined,
    states: standing.map(({ state }) => state),
    runs: receivers.map((each) => each.live()),
    known: standing.map(({ digest }) => digest),
    lines: standingLines(standing, 'r1'),
  }
}

test.for([
  ['stop', ['takes', 'fails', 'takes'], ['live', 'failed', 'not_begun'], [NEW, OLD, OLD]],
  ['continue', ['fails', 'takes', 'refuses'], ['failed', 'live', 'failed'], [OLD, NEW, OLD]],
  [
    'rollback',
    ['takes', 'takes', 'fails'],
    ['rolled_back', 'rolled_back', 'failed'],
    [OLD, OLD, OLD],
  ],
  [
    'rollback',
    ['takes', 'refuses', 'takes'],
    ['rolled_back', 'failed', 'not_begun'],
    [OLD, OLD, OLD],
  ],
  ['rollback', ['first', 'fails'], ['live', 'failed'], [NEW, OLD]],
  ['rollback', ['stuck', 'fails'], ['live', 'failed'], [NEW, OLD]],
  ['rollback', ['takes', 'takes'], ['live', 'live'], [NEW, NEW]],
] as const)('on-failure: %s with %j', async ([how, behaviours, states, runs]) => {
  const job = await deployTo(behaviours, { 'on-failure': how })
  expect(job.states).toEqual(states)
  expect(job.runs).toEqual(runs)
  // what it says of each is either true or left open
  for (const [index, digest] of job.known.entries()) {
    if (digest !== undefined) expect(digest).toBe(runs[index])
  }
  expect(job.error === undefined).toBe(behaviours.every((each) => each === 'takes'))
})

test('what is taken back goes to the deployment that each receiver named, the last one first', async () => {
  const { order, receivers, error, lines, said } = await deployTo(['takes', 'takes', 'fails'], {
    'on-failure': 'rollback',
  })
  expect(order).toEqual(['1 deploy', '2 deploy', '3 deploy', '2 back to d0', '1 back to d0'])
  const [first, second] = receivers[0]?.hooks ?? []
  expect(first?.source?.release).toBe('r1')
  expect(second?.source?.release).toBe('r1')
  expect(second?.id).toBe(`${first?.id}:back`)
  expect(said).toContain(`rolling back to ${OLD.slice(0, 19)}, which it had`)
  expect(error?.message).toMatch(
    /^rolled back on 2, failed on 1: 127\.0\.0\.1:\d+: deployment d1 of hello failed: GET \/healthz answered 500$/,
  )
  expect(lines.at(-1)).toBe(`All of them run ${OLD}.`)
})

test('what was never there before stays, and what could not be taken back is said', async () => {
  const first = await deployTo(['first', 'fails'], { 'on-failure': 'rollback' })
  expect(first.lines.join('\n')).toContain(
    'nothing ran there before, so this first deployment stays',
  )
  expect(first.lines.at(-1)).toBe('They do not all run one digest.')
  const stuck = await deployTo(['stuck', 'fails'], { 'on-failure': 'rollback' })
  expect(stuck.lines[1]).toMatch(/live +main sha256:a+ +not rolled back: .*answered 500/)
  expect(stuck.error?.hint).toMatch(/NOT rolled back: 127\.0\.0\.1:\d+\. Roll back there by hand/)
})

test('several at once are followed to their end, and each line says which one it is about', async () => {
  const { states, said, receivers } = await deployTo(['fails', 'takes', 'takes', 'takes'], {
    'max-parallel': '2',
  })
  expect(states).toEqual(['failed', 'live', 'not_begun', 'not_begun'])
  const host = new URL(receivers[1]?.url ?? '').host
  expect(said).toContain(`${host}  deployment d1 of hello: queued`)
})

test.for([
  [{ 'on-failure': 'go on' }, 'input on-failure: "go on" is not one'],
  [{ 'max-parallel': '0' }, 'input max-parallel: "0" is not a count'],
  [{ 'on-failure': 'rollback', wait: 'false' }, 'beside wait: false'],
  [{ url: 'https://a.test/hooks/api\nhttps://a.test/hooks/api/' }, 'stands there twice'],
] as const)('%j is refused', ([given, words]) => {
  const all: Record<string, string> = { url: 'https://a.test/hooks/api', ...given }
  expect(() => readInputs(contextOf(), (name) => all[name] ?? '')).toThrow(words)
})

const run = (urls: readonly string[], more: Parameters<typeof runAction>[0]) =>
  runAction({
    ...more,
    inputs: { url: urls.join('\n'), secret: SECRET, build: 'false', ...more.inputs },
  })

test('the outputs have a line for each receiver, and log and summary say what stands where', async () => {
  const receivers = await Promise.all([
    startSmall(),
    startSmall({ behaviour: 'fails' }),
    startSmall(),
  ])
  const job = await run(
    receivers.map(({ url }) => url),
    {},
  )
  expect(job).toMatchObject({ exitCode: 1, postExitCode: 0 })
  expect(receivers.map(({ hooks }) => hooks.length)).toEqual([1, 1, 0])
  expect(job.outputs).toMatchObject({
    status: 'failed',
    'deployment-id': 'd1\nd1\n',
    'previous-digest': `${OLD}\n${OLD}\n`,
    release: '1000000001:1:deploy:__run',
  })
  expect(JSON.parse(job.outputs['receivers'] ?? '')).toMatchObject([
    { state: 'live', digest: NEW, previous_digest: OLD },
    { state: 'failed', digest: OLD, error: 'GET /healthz answered 500' },
    { state: 'not_begun' },
  ])
  const log = job.lines.join('\n')
  expect(log.match(/What stands where/g)).toHaveLength(1)
  expect(log).toContain('They do not all run one digest.')
  expect(job.summary).toContain('### ❌ hello: live on 1, failed on 1, not begun on 1')
})

test('of a cancelled job the post step asks each receiver, and says what stands where', async () => {
  const receivers = await Promise.all([
    startSmall(),
    startSmall({ behaviour: 'hangs' }),
    startSmall(),
  ])
  const cancelling = new AbortController()
  onTestFinished(() => receivers[1]?.letGo())
  const job = await run(
    receivers.map(({ url }) => url),
    {
      inputs: { 'on-failure': 'rollback' },
      signal: cancelling.signal,
      onLine: (line) => {
        if (!line.includes('receiver 2 of 3')) return
        // it comes to its end while the job is already gone
        void vi
          .waitFor(() => expect(receivers[1]?.hooks).toHaveLength(1))
          .then(() => cancelling.abort())
      },
    },
  )
  expect(job).toMatchObject({ exitCode: 1, postExitCode: 0 })
  expect(receivers.map(({ hooks }) => hooks.length)).toEqual([1, 1, 0])
  const log = job.lines.join('\n')
  expect(log).toMatch(
    /live +main sha256:a{12}\n.*under way +sha256:b{12}\n.*not begun +what it had/,
  )
  expect(job.summary).toContain('live on 1, not begun on 1, under way on 1')
  expect(job.annotations.map(({ message }) => message).join()).toContain('nothing is rolled back')
  expect(log).not.toContain('follow-token-1')
})
