import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { underLoad } from '../swarm/updates-under-load.ts'
import { ask } from '../support/ask.ts'
import type { ActionResult } from '../support/github-runner.ts'
import { waitFor } from '../support/processes.ts'
import { startFleet } from './fleet.ts'

let fleet: Awaited<ReturnType<typeof startFleet>>
let versions = 0

beforeAll(async () => {
  fleet = await startFleet()
})
afterAll(() => fleet.close())

const lives = () => Promise.all(fleet.vms.map((vm) => vm.live()))
const statesOf = ({ outputs }: ActionResult) =>
  (JSON.parse(outputs['receivers'] ?? '[]') as { state: string }[]).map(({ state }) => state)
const next = (broken = false) => fleet.push(`v${++versions}`, broken)

/** What visitors met of a deployment; none of them is to notice it. */
async function met<T>(what: string, work: () => Promise<T>, site = fleet.haproxy): Promise<T> {
  let result: T | undefined
  const load = await underLoad(site, async () => {
    result = await work()
  })
  console.log(
    `${what}: ${load.requests} requests, ${load.failed} failed, longest gap ${Math.round(load.longestGapMs)} ms ${load.reasons.join('; ')}`,
  )
  expect(load.failed, load.reasons.join('\n')).toBe(0)
  return result as T
}

/** Every VM runs a version, and the balancer has all of them. */
async function allRun({ image, digest }: { image: string; digest: string }) {
  const job = await fleet.deploy(image, { inputs: { 'max-parallel': '3' } })
  expect(job.exitCode, job.lines.join('\n')).toBe(0)
  expect(await lives()).toEqual([digest, digest, digest])
  await waitFor(async () => (await ask(fleet.haproxy)).status === 200, { what: 'nobody is up' })
}

/** No version is healthy on the third from now on, until the test ends. */
async function breakThird() {
  const [, , third] = fleet.vms
  const app = third?.config.apps['api']
  if (third === undefined || app === undefined) throw new Error('there are three')
  const { health } = app
  app['health'] = { path: '/not-there', deadline: '3s' }
  await third.reload()
  onTestFinished(async () => {
    app['health'] = health
    await third.reload()
  })
  return third
}

test('an update goes to one VM after the other, and nobody notices', async () => {
  await allRun(await next())
  const { image, digest } = await next()
  const job = await met('update', () => fleet.deploy(image))
  expect(job.exitCode, job.lines.join('\n')).toBe(0)
  expect(await lives()).toEqual([digest, digest, digest])
  const release = job.outputs['release'] ?? ''
  for (const vm of fleet.vms) {
    const { live } = (await vm.read('/apps/api')) as { live: { source: { release: string } } }
    expect(live.source.release).toBe(release)
  }
})

test.for([
  ['stop', 'max-parallel: 1', ['new', 'new', 'old'], ['live', 'live', 'failed']],
  ['continue', 'the third first', ['new', 'new', 'old'], ['failed', 'live', 'live']],
  ['rollback', 'max-parallel: 1', ['old', 'old', 'old'], ['rolled_back', 'rolled_back', 'failed']],
] as const)('a failing third one with on-failure: %s (%s)', async ([how, , ends, states]) => {
  const old = await next()
  await allRun(old)
  const third = await breakThird()
  const fresh = await next()
  const [one, two] = fleet.vms
  const to = how === 'continue' ? [third, ...fleet.vms.slice(0, 2)] : fleet.vms
  expect([one, two]).not.toContain(undefined)
  const job = await met(how, () => fleet.deploy(fresh.image, { to, inputs: { 'on-failure': how } }))
  expect(job.exitCode).toBe(1)
  expect(statesOf(job)).toEqual(states)
  expect(await lives()).toEqual(ends.map((end) => (end === 'new' ? fresh.digest : old.digest)))
})

test('a cancelled job rolls nothing back, and says what stands where', async () => {
  const old = await next()
  await allRun(old)
  const fresh = await next()
  const cancelling = new AbortController()
  const job = await met('cancelled', () =>
    fleet.deploy(fresh.image, {
      inputs: { 'on-failure': 'rollback' },
      signal: cancelling.signal,
      onLine: (line) => {
        if (line.includes('receiver 2 of 3')) isSecond = true
        if (isSecond && line === 'started') cancelling.abort()
      },
    }),
  )
  expect([job.exitCode, job.postExitCode]).toEqual([1, 0])
  expect(job.lines.join('\n')).toMatch(/not begun +what it had/)
  // what was taken goes on
  await expect.poll(lives).toEqual([fresh.digest, fresh.digest, old.digest])
})
let isSecond = false

test('a receiver that is killed in the middle goes on where it was, and so does the job', async () => {
  await allRun(await next())
  const fresh = await next()
  const [, second] = fleet.vms
  let killed: Promise<unknown> | undefined
  let at = 0
  const job = await met('killed', () =>
    fleet.deploy(fresh.image, {
      onLine: (line) => {
        if (line.includes('receiver 2 of 3')) at = 2
        if (at !== 2 || line !== 'started' || killed !== undefined) return
        const receiver = second?.receiver()
        receiver?.kill('SIGKILL')
        killed = (async () => {
          await receiver?.exited
          await pause(2000)
          await second?.start()
        })()
      },
    }),
  )
  await killed
  expect(job.exitCode, job.lines.join('\n')).toBe(0)
  expect(await lives()).toEqual(fleet.vms.map(() => fresh.digest))
})

test('a receiver that is away for good fails the job, and the others go back', async () => {
  const old = await next()
  await allRun(old)
  const fresh = await next()
  const [, , third] = fleet.vms
  await third?.receiver().stop()
  const job = await met('away', () =>
    fleet.deploy(fresh.image, { inputs: { 'on-failure': 'rollback' } }),
  )
  await third?.start()
  expect(job.exitCode).toBe(1)
  expect(statesOf(job)).toEqual(['rolled_back', 'rolled_back', 'unknown'])
  expect(await lives()).toEqual([old.digest, old.digest, old.digest])
})

test('an app that cannot run twice leaves the balancer for its deployment', async () => {
  for (const vm of fleet.vms) {
    Object.assign(vm.config.apps['api'] ?? {}, {
      strategy: 'recreate',
      drain_balancer: '4s',
      watch: '4s',
    })
    await vm.reload()
  }
  await allRun(await next())
  // of all at once nobody was left
  await pause(3000)
  const fresh = await next()
  const job = await met('recreate', () => fleet.deploy(fresh.image))
  expect(job.exitCode, job.lines.join('\n')).toBe(0)
  expect(job.lines.join('\n')).toContain('load balancers are told to send visitors elsewhere')
  expect(await lives()).toEqual(fleet.vms.map(() => fresh.digest))
  const again = await next()
  // Nginx as a balancer asks nobody: what one VM answers 503 goes to the next
  const other = await met('recreate behind Nginx', () => fleet.deploy(again.image), fleet.nginx)
  expect(other.exitCode).toBe(0)
})
