import { describe, expect, test } from 'vitest'
import { createDelegatedWorld, type DelegatedWorld } from '../../../support/delegated-world.ts'
import { DIGEST } from '../../../support/fake-world.ts'
import { SWARM_APP } from '../../../support/swarm-app.ts'
import { driftOf } from '../../../../receiver/core/delegated/repair.ts'
import { get } from '../one-live.ts'

const forever = new AbortController().signal

/** `dep_1` is live. */
async function withOneLive(): Promise<DelegatedWorld> {
  const made = createDelegatedWorld()
  made.world.accept({ id: 'dep_1', digest: DIGEST.one })
  await made.run()
  made.world.calls.length = 0
  return made
}

/** What the orchestrator runs by now, when nobody says anything more to it. */
async function standing({ fake, world }: DelegatedWorld) {
  for (let look = 0; look < 30; look++) {
    await fake.orchestrator.status(SWARM_APP)
    await world.clock.sleep(500, forever)
  }
  const { generation, updated, wanted, old } = await fake.orchestrator.status(SWARM_APP)
  return { generation, isWhole: updated === wanted && old === 0 }
}

const fail = (made: DelegatedWorld, fate: Parameters<DelegatedWorld['fake']['fates']['set']>[1]) =>
  made.fake.fates.set(DIGEST.two, fate)

async function deployTwo(made: DelegatedWorld) {
  made.world.accept({ id: 'dep_2', digest: DIGEST.two })
  await made.run()
  return get(made.world, 'dep_2')
}

describe('a deployment by an orchestrator', () => {
  test('is ordered once, and followed until all of it runs and is steady', async () => {
    const made = await withOneLive()
    const { status, steps, previous } = await deployTwo(made)
    expect([status, previous]).toEqual(['succeeded', { deployment: 'dep_1', digest: DIGEST.one }])
    expect(steps.map(({ name }) => name)).toEqual(['resolve', 'apply', 'rollout', 'watch'])
    expect(made.world.calls).toEqual(['apply dep_2'])
    expect(made.visitors.letIn).toContain('api')
    expect(await standing(made)).toEqual({ generation: 2, isWhole: true })
  })

  test.for([
    [{ kind: 'missing' }, 'image_missing'],
    [{ kind: 'crashes', afterMs: 0 }, 'exited'],
    [{ kind: 'never ready' }, 'timed_out'],
    [{ kind: 'no room' }, 'timed_out'],
  ] as const)('that is %o fails as %s, and what was before runs again', async ([fate, code]) => {
    const made = await withOneLive()
    fail(made, fate)
    const { status, error, live_at } = await deployTwo(made)
    expect([status, live_at]).toEqual(['failed', undefined])
    expect(error?.code).toBe(code)
    expect(error?.message).toContain(`@${DIGEST.one} runs again`)
    if (code === 'timed_out') expect(error?.message).toMatch(/not rolled out within 10 s: 0 of 1/)
    if (fate.kind === 'no room') expect(error?.message).toContain('no suitable node')
    if (code === 'exited') expect(error?.log).toEqual(['no database'])
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
    expect(made.world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('that nobody can ask fails at its start when it runs for a moment alone', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'crashes', afterMs: 1500 })
    const { error, live_at } = await deployTwo(made)
    expect([error?.code, live_at]).toEqual(['exited', undefined])
  })

  test('of what somebody scaled to 0 is over at once, and stays at 0', async () => {
    const made = await withOneLive()
    made.fake.scale('api', 0)
    made.visitors.answer = () => ({ healthy: false, text: 'nobody is there', ms: 1 })
    const began = made.world.clock.ms()
    const { status } = await deployTwo(made)
    expect(status).toBe('succeeded')
    expect(made.world.clock.ms() - began).toBeLessThan(2 * SWARM_APP.watchMs)
    expect(await standing(made)).toEqual({ generation: 2, isWhole: true })
  })

  test('that crashes while it is watched was live, and is taken back', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'crashes', afterMs: 3500 })
    const { status, error, live_at } = await deployTwo(made)
    expect([status, error?.code]).toEqual(['failed', 'rolled_back'])
    expect(live_at).toBeTypeOf('string')
    expect(error?.message).toMatch(
      /^on node-1: task: non-zero exit \(exit code 7\); .* runs again$/,
    )
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
    expect(made.world.store.live('api')?.deployment.id).toBe('dep_1')
  })

  test('that runs and answers badly where it is published is no good one', async () => {
    const made = await withOneLive()
    made.visitors.answer = () => ({
      healthy: false,
      text: 'GET /healthz answered 500: boom',
      ms: 1,
    })
    const { error } = await deployTwo(made)
    expect(error).toMatchObject({ code: 'unhealthy' })
    expect(error?.message).toContain('answered 500: boom')
    expect(made.world.calls).toEqual(['apply dep_2', 'undo dep_2'])
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
  })

  test('that is the first and fails leaves nothing', async () => {
    const made = createDelegatedWorld()
    made.fake.fates.set(DIGEST.one, { kind: 'crashes', afterMs: 0 })
    made.world.accept({ id: 'dep_1', digest: DIGEST.one })
    await made.run()
    const { error } = get(made.world, 'dep_1')
    expect(error?.code).toBe('exited')
    expect(error?.message).toContain('nothing of it is left')
    expect((await made.fake.orchestrator.status(SWARM_APP)).phase).toBe('absent')
  })

  test('whose undoing fails as well says both', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'crashes', afterMs: 0 })
    made.world.clock.during = () => made.fake.fates.set(DIGEST.one, { kind: 'missing' })
    const replicated = { ...SWARM_APP, replicas: 1 }
    made.world.accept({ id: 'dep_2', digest: DIGEST.two })
    // it went live, so that the old one has to be started anew
    fail(made, { kind: 'crashes', afterMs: 3500 })
    await made.run({ app: replicated })
    const { error } = get(made.world, 'dep_2')
    expect(error?.code).toBe('undo_failed')
    expect(error?.message).toMatch(
      /^on node-1: task: non-zero exit \(exit code 7\); going back failed, too: on node-1: No such image; /,
    )
    expect(error?.log).toEqual(['no database'])
  })

  test('that somebody has paused is told, and taken back', async () => {
    const made = await withOneLive()
    made.world.clock.during = () => {
      made.world.clock.during = () => {}
      made.fake.pause('api')
    }
    const { error } = await deployTwo(made)
    expect(error?.code).toBe('rollout_failed')
    expect(error?.message).toMatch(/^update paused; .* runs again$/)
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
  })

  test.for([
    [`registry.example/acme/api@${DIGEST.three}`, /^somebody else had api run \S+3333 while/],
    [undefined, /^api was removed while it was rolled out$/],
  ] as const)(
    'in which somebody else has it run %s fails, and leaves that',
    async ([image, why]) => {
      const made = await withOneLive()
      made.world.clock.during = () => {
        made.world.clock.during = () => {}
        made.fake.change('api', image)
      }
      const { error } = await deployTwo(made)
      expect(error?.code).toBe('changed_elsewhere')
      expect(error?.message).toMatch(why)
      expect(made.world.calls).toEqual(['apply dep_2'])
      expect((await made.fake.orchestrator.status(SWARM_APP)).image).toBe(image)
    },
  )

  test('gives way to one that came meanwhile as soon as it is over, and not before', async () => {
    const made = await withOneLive()
    made.world.clock.during = () => {
      made.world.clock.during = () => {}
      made.world.accept({ id: 'dep_3', digest: DIGEST.three })
      made.world.accept({ id: 'dep_4', digest: DIGEST.one })
    }
    expect((await deployTwo(made)).status).toBe('succeeded')
    expect(get(made.world, 'dep_3').status).toBe('superseded')
    expect(get(made.world, 'dep_4').status).toBe('succeeded')
    expect(made.world.calls).toEqual(['apply dep_2', 'apply dep_4'])
  })
})

describe('a release command of an orchestrator', () => {
  const app = { ...SWARM_APP, release: { command: ['migrate'], timeoutMs: 1000 } }
  const deploy = async (made: DelegatedWorld) => {
    made.world.accept({ id: 'dep_2', digest: DIGEST.two })
    await made.run({ app })
    return get(made.world, 'dep_2')
  }

  test('comes before anything is ordered', async () => {
    const made = await withOneLive()
    const { steps, status } = await deploy(made)
    expect([status, steps[1]?.name]).toEqual(['succeeded', 'release'])
    expect(made.world.calls).toEqual(['runOnce release-2', 'apply dep_2'])
  })

  test('that fails leaves what runs as it is, and says what was printed', async () => {
    const made = await withOneLive()
    made.fake.commands.exitCode = 3
    const { error } = await deploy(made)
    expect(error).toMatchObject({ code: 'release_failed', log: ['one', 'two'] })
    expect(made.world.calls).toEqual(['runOnce release-2'])
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
  })
})

describe('between deployments', () => {
  test('what somebody else has it run is told, with no word to the orchestrator', async () => {
    const made = await withOneLive()
    const theirs = `registry.example/acme/api@${DIGEST.three}`
    made.fake.change('api', theirs)
    const renewed = made.fake.renewed.length
    await made.rollout.repair(SWARM_APP, forever)
    expect(made.world.reports.join()).toContain(`api runs ${theirs}, which was not deployed here`)
    expect(made.world.calls).toEqual([])
    expect(made.fake.renewed).toHaveLength(renewed)
    made.fake.change('api', undefined)
    await made.rollout.repair(SWARM_APP, forever)
    expect(made.world.reports.join()).toContain('api is gone from its orchestrator')
  })

  test('what somebody else wrote anew with the digest that is live is as it should be', async () => {
    const made = await withOneLive()
    const reports = made.world.reports.length
    made.fake.change('api', `registry.example/acme/api:1.2@${DIGEST.one}`)
    await made.rollout.repair(SWARM_APP, forever)
    expect(made.world.reports).toHaveLength(reports)
    expect(made.world.calls).toEqual([])
  })

  test('what runs by a deployment on record is told as that one', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'never ready' })
    const { id } = await deployTwo(made)
    const { store } = made.world
    const told = (generation: number) => driftOf(SWARM_APP, { image: 'x@y', generation }, store)
    expect(told(2)).toContain(`api runs x@y of ${id}, which failed and could not be taken back yet`)
    expect(told(1)).toContain('api runs x@y of dep_1 again: somebody took it back')
    expect(told(9)).toContain('which was not deployed here')
  })

  test('credentials are renewed, and visitors let in', async () => {
    const made = await withOneLive()
    made.visitors.letIn.length = 0
    await made.rollout.repair(SWARM_APP, forever)
    expect(made.fake.renewed.length).toBeGreaterThan(0)
    expect(made.visitors.letIn).toEqual(['api'])
  })
})

describe('a receiver that dies in a rollout', () => {
  /** Ends the process at the n-th write to the journal, before or after it is durable. */
  async function dieAt({ world, run }: DelegatedWorld, write: number, when: 'before' | 'after') {
    const killed = new AbortController()
    let count = 0
    const journal: typeof world.ports.journal = {
      ...world.store,
      append(id, event, options) {
        count += 1
        const dies = count === write
        if (dies && when === 'before') killed.abort(new Error('killed'))
        killed.signal.throwIfAborted()
        const after = world.store.append(id, event, options)
        if (dies) killed.abort(new Error('killed'))
        killed.signal.throwIfAborted()
        return after
      },
    }
    await run({ journal, signal: killed.signal }).catch(() => {})
    return killed.signal.aborted
  }

  test.for([
    [undefined, 'succeeded', 2],
    [{ kind: 'crashes', afterMs: 0 }, 'failed', 1],
    [{ kind: 'crashes', afterMs: 3500 }, 'failed', 1],
    [{ kind: 'never ready' }, 'failed', 1],
  ] as const)('at any write of one that is %o: it ends as %s', async ([fate, ends, generation]) => {
    let writes = 0
    for (;;) {
      for (const when of ['before', 'after'] as const) {
        const made = await withOneLive()
        if (fate !== undefined) fail(made, fate)
        made.world.accept({ id: 'dep_2', digest: DIGEST.two })
        if (!(await dieAt(made, writes + 1, when))) {
          expect(writes).toBeGreaterThan(8)
          return
        }
        await made.run()
        const { status } = get(made.world, 'dep_2')
        const moment = `killed ${when} write ${writes + 1}`
        expect(status, moment).toBe(ends)
        expect(await standing(made), moment).toEqual({ generation, isWhole: true })
        expect(made.world.store.live('api')?.generation, moment).toBe(generation)
        expect(made.world.calls.filter((call) => call === 'apply dep_2').length).toBeLessThan(3)
      }
      writes += 1
    }
  })

  test('does not have its time begin anew', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'never ready' })
    made.world.accept({ id: 'dep_2', digest: DIGEST.two })
    const began = made.world.clock.ms()
    const killed = new AbortController()
    made.world.clock.during = (now) => {
      if (now - began > 6000) killed.abort(new Error('killed'))
    }
    await made.run({ signal: killed.signal }).catch(() => {})
    made.world.clock.during = () => {}
    await made.run()
    const { error, steps } = get(made.world, 'dep_2')
    expect(error?.code).toBe('timed_out')
    const rollout = steps.find(({ name }) => name === 'rollout')
    const ended = Date.parse(rollout?.started_at ?? '') + (rollout?.ms ?? 0)
    expect(ended - Date.UTC(2026, 0, 1) - began).toBeLessThan(13_000)
  })

  test('follows what went on without it, and tells of a failure that it did not see', async () => {
    const made = await withOneLive()
    fail(made, { kind: 'crashes', afterMs: 0 })
    made.world.accept({ id: 'dep_2', digest: DIGEST.two })
    const killed = new AbortController()
    made.world.clock.during = () => killed.abort(new Error('killed'))
    await made.run({ signal: killed.signal }).catch(() => {})
    made.world.clock.during = () => {}
    // it goes back by itself meanwhile
    expect(await standing(made)).toEqual({ generation: 1, isWhole: true })
    await made.run()
    const { error } = get(made.world, 'dep_2')
    expect(error).toMatchObject({ code: 'exited', log: ['no database'] })
    expect(made.world.calls).toEqual(['apply dep_2'])
  })
})
