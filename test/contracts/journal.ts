import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { type Settings, settingsOf } from '../../receiver/core/app.ts'
import type { Journal } from '../../receiver/core/journal.ts'
import type { SlotRecord } from '../../receiver/core/slots/ports.ts'
import { APP, DIGEST } from '../support/fake-world.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

export interface JournalUnderTest {
  journal: Journal
  record: SlotRecord
  /** Keeps a queued deployment, as the way in does. */
  accept(deployment: Deployment): void
  /** The same after a restart; this one is not used any more. */
  reopen(): JournalUnderTest
  close(): void
}

const AT = '2026-01-01T00:00:00.000Z'
const STARTED: DeploymentEvent = { type: 'started', at: AT }
const LIVE: DeploymentEvent = { type: 'live', at: AT }
const finished = (status: 'succeeded' | 'failed'): DeploymentEvent => ({
  type: 'finished',
  at: AT,
  status,
})
const withEnvironment = (environment: Record<string, string>): Settings =>
  settingsOf({ ...APP, container: { ...APP.container, environment } })

/** What the port `Journal` promises. Each step is followed by a restart. */
export function journalContract(name: string, open: () => JournalUnderTest): void {
  describe(`journal: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    let it: JournalUnderTest
    beforeEach(() => {
      it = open()
    })
    afterEach(() => it.close())

    /** What is kept, as whoever starts next reads it. */
    const kept = (): Journal => {
      it = it.reopen()
      return it.journal
    }
    const accept = (id: string, { app = 'api', digest }: { app?: string; digest?: string } = {}) =>
      it.accept({
        id,
        app,
        action: 'deploy',
        status: 'queued',
        image: { repository: APP.image.repository, ...(digest === undefined ? {} : { digest }) },
        source: {},
        created_at: AT,
        steps: [],
      })
    const append = (...event: Parameters<Journal['append']>) => kept().append(...event)
    const idOf = (stored: { deployment: Deployment } | undefined) => stored?.deployment.id

    /** A deployment that went well. */
    const succeed = (id: string, digest: string, app = 'api') => {
      accept(id, { app, digest })
      append(id, STARTED)
      append(id, LIVE, { live: true })
      append(id, finished('succeeded'))
    }
    const fail = (id: string, digest: string) => {
      accept(id, { digest })
      append(id, finished('failed'))
    }

    describe('an event', () => {
      test('is folded into its deployment, which is kept as it is told', () => {
        accept('dep_1')
        const events: DeploymentEvent[] = [
          STARTED,
          { type: 'image', at: AT, digest: DIGEST.one },
          { type: 'step', at: AT, step: 'resolve', status: 'running' },
          { type: 'step', at: AT, step: 'resolve', status: 'succeeded', ms: 5 },
          LIVE,
          finished('succeeded'),
        ]
        for (const event of events) {
          const told = append('dep_1', event)
          expect(kept().find('api', 1)?.deployment).toEqual(told)
        }
        expect(kept().find('api', 1)?.deployment).toMatchObject({
          status: 'succeeded',
          image: { digest: DIGEST.one },
          steps: [{ name: 'resolve', status: 'succeeded', ms: 5 }],
          started_at: AT,
          live_at: AT,
          finished_at: AT,
        })
      })

      test('does not change a deployment that has ended', () => {
        accept('dep_1')
        append('dep_1', finished('failed'))
        expect(append('dep_1', STARTED)).toMatchObject({ status: 'failed' })
        expect(append('dep_1', finished('succeeded'))).toMatchObject({ status: 'failed' })
        expect(kept().find('api', 1)?.deployment.status).toBe('failed')
      })

      test('changes no other deployment', () => {
        accept('dep_1', { app: 'web' })
        accept('dep_2')
        append('dep_2', STARTED)
        expect(kept().find('web', 1)?.deployment.status).toBe('queued')
      })

      test('of a deployment that nobody accepted is refused', () => {
        expect(() => append('dep_0', STARTED, { live: true })).toThrow('dep_0')
        expect(kept().live('api')).toBeUndefined()
      })
    })

    describe('next', () => {
      test('is nothing before the first deployment', () => {
        expect(kept().next('api')).toBeUndefined()
      })

      test('is what waits, with its generation', () => {
        accept('dep_1')
        expect(kept().next('api')).toMatchObject({
          generation: 1,
          standsIn: 1,
          deployment: { id: 'dep_1', status: 'queued' },
        })
      })

      test('is what runs, not what waits behind it', () => {
        accept('dep_1')
        append('dep_1', STARTED)
        accept('dep_2')
        expect(idOf(kept().next('api'))).toBe('dep_1')
        append('dep_1', finished('failed'))
        expect(idOf(kept().next('api'))).toBe('dep_2')
        append('dep_2', finished('succeeded'))
        expect(kept().next('api')).toBeUndefined()
      })

      test('is the one that has waited for longest: what supersedes what is decided elsewhere', () => {
        for (const id of ['dep_1', 'dep_2']) accept(id)
        expect(idOf(kept().next('api'))).toBe('dep_1')
        kept().append('dep_1', { type: 'finished', at: AT, status: 'superseded' })
        expect(idOf(kept().next('api'))).toBe('dep_2')
      })

      test('is of one app', () => {
        accept('dep_1', { app: 'web' })
        expect(kept().next('api')).toBeUndefined()
        accept('dep_2')
        expect(idOf(kept().next('web'))).toBe('dep_1')
      })
    })

    describe('live', () => {
      test('is nothing before the first swap, whatever ran', () => {
        accept('dep_1')
        append('dep_1', STARTED)
        expect(kept().live('api')).toBeUndefined()
        // the event tells readers; which one is live says the option
        append('dep_1', LIVE)
        expect(kept().live('api')).toBeUndefined()
      })

      test('is what was made live last, and stays when something else fails', () => {
        succeed('dep_1', DIGEST.one)
        succeed('dep_2', DIGEST.two)
        fail('dep_3', DIGEST.three)
        expect(kept().live('api')).toMatchObject({
          generation: 2,
          deployment: { id: 'dep_2', status: 'succeeded' },
        })
      })

      test('is the earlier one after a swap back', () => {
        succeed('dep_1', DIGEST.one)
        succeed('dep_2', DIGEST.two)
        kept().setLive('api', 'dep_1')
        expect(idOf(kept().live('api'))).toBe('dep_1')
      })

      test('stays when the one to swap back to is not known', () => {
        succeed('dep_1', DIGEST.one)
        kept().setLive('api', 'dep_0')
        expect(idOf(kept().live('api'))).toBe('dep_1')
      })

      test('is of one app', () => {
        succeed('dep_1', DIGEST.one)
        succeed('dep_2', DIGEST.two, 'web')
        expect(idOf(kept().live('api'))).toBe('dep_1')
        expect(kept().live('other')).toBeUndefined()
      })
    })

    describe('attempts', () => {
      const RUNNING: DeploymentEvent = { type: 'step', at: AT, step: 'pull', status: 'running' }

      test('are none before a step is begun, and are kept with the event that begins it', () => {
        accept('dep_1')
        expect(kept().attempts('dep_1', 'pull')).toBe(0)
        append('dep_1', RUNNING, { attempts: 2 })
        append('dep_1', RUNNING)
        expect(kept().attempts('dep_1', 'pull')).toBe(2)
      })

      test('are those of one step of one deployment', () => {
        for (const id of ['dep_1', 'dep_2']) accept(id)
        append('dep_1', RUNNING, { attempts: 1 })
        expect(kept().attempts('dep_1', 'start')).toBe(0)
        expect(kept().attempts('dep_2', 'pull')).toBe(0)
      })

      test('can be set back, to none as well', () => {
        accept('dep_1')
        for (const count of [3, 1, 0, 1]) {
          kept().setAttempts('dep_1', 'pull', count)
          expect(kept().attempts('dep_1', 'pull')).toBe(count)
        }
      })

      test('are forgotten with the end of the deployment', () => {
        accept('dep_1')
        append('dep_1', RUNNING, { attempts: 3 })
        append('dep_1', finished('failed'))
        expect(kept().attempts('dep_1', 'pull')).toBe(0)
      })
    })

    describe('settings', () => {
      const OLD = withEnvironment({ MODE: 'old', SECRET: 'ü"\n' })

      test('are kept with the deployment that began with them', () => {
        accept('dep_1')
        append('dep_1', STARTED, { settings: OLD })
        accept('dep_2')
        append('dep_2', STARTED, { settings: withEnvironment({ MODE: 'new' }) })
        expect(kept().settings('dep_1')).toEqual(OLD)
        expect(kept().settings('dep_2')).toEqual(withEnvironment({ MODE: 'new' }))
      })

      test('stay when later events bring none', () => {
        accept('dep_1')
        append('dep_1', STARTED, { settings: OLD })
        append('dep_1', finished('succeeded'))
        expect(kept().settings('dep_1')).toEqual(OLD)
      })

      test('are not known of one that never began, or that nobody accepted', () => {
        accept('dep_1')
        expect(kept().settings('dep_1')).toBeUndefined()
        expect(kept().settings('dep_0')).toBeUndefined()
      })

      test('that are the same have the same number, and others another one', () => {
        for (const [id, mode] of [
          ['dep_1', 'a'],
          ['dep_2', 'b'],
          ['dep_3', 'a'],
        ] as const) {
          accept(id)
          append(id, STARTED, { settings: withEnvironment({ MODE: mode }) })
          append(id, finished('succeeded'))
        }
        const [first, second, third] = [1, 2, 3].map((at) => kept().find('api', at)?.settings)
        expect(first).toBeDefined()
        expect(third).toBe(first)
        expect(second).not.toBe(first)
      })
    })

    describe('find', () => {
      test('gives what has that generation, which rises with each that is accepted', () => {
        accept('dep_1')
        accept('dep_2', { app: 'web' })
        accept('dep_3')
        const found = [kept().find('api', 1), kept().find('web', 2), kept().find('api', 3)]
        expect(found.map(idOf)).toEqual(['dep_1', 'dep_2', 'dep_3'])
      })

      test('gives nothing of another app, or that there is not', () => {
        accept('dep_1')
        expect(kept().find('web', 1)).toBeUndefined()
        expect(kept().find('api', 2)).toBeUndefined()
      })
    })

    test('recent is all of an app, newest first, and may be left off', () => {
      for (const id of ['dep_1', 'dep_2', 'dep_3']) accept(id)
      accept('dep_4', { app: 'web' })
      fail('dep_5', DIGEST.one)
      const [newest] = kept().recent('api')
      expect(newest).toMatchObject({ id: 'dep_5', status: 'failed' })
      expect(Array.from(kept().recent('api'), ({ id }) => id)).toEqual([
        'dep_5',
        'dep_3',
        'dep_2',
        'dep_1',
      ])
      expect([...kept().recent('none')]).toEqual([])
    })

    describe('digests', () => {
      test('are those that were live: the live one, and the newest others', () => {
        succeed('dep_1', DIGEST.one)
        succeed('dep_2', DIGEST.two)
        succeed('dep_3', DIGEST.three)
        expect([...kept().digests('api', 9)]).toEqual([DIGEST.three, DIGEST.two, DIGEST.one])
        expect([...kept().digests('api', 2)]).toEqual([DIGEST.three, DIGEST.two])
        kept().setLive('api', 'dep_1')
        expect([...kept().digests('api', 2)]).toEqual([DIGEST.one, DIGEST.three])
        expect([...kept().digests('api', 1)]).toEqual([DIGEST.one])
      })

      test('count once, however often they were deployed', () => {
        succeed('dep_1', DIGEST.one)
        succeed('dep_2', DIGEST.two)
        succeed('dep_3', DIGEST.one)
        succeed('dep_4', DIGEST.two)
        expect([...kept().digests('api', 2)]).toEqual([DIGEST.two, DIGEST.one])
      })

      test('are not those that failed, run or wait', () => {
        succeed('dep_1', DIGEST.one)
        fail('dep_2', DIGEST.two)
        accept('dep_3', { digest: DIGEST.three })
        append('dep_3', STARTED)
        expect([...kept().digests('api', 9)]).toEqual([DIGEST.one])
      })

      test('have the live one in any case, though it failed while it was watched', () => {
        accept('dep_1', { digest: DIGEST.one })
        append('dep_1', LIVE, { live: true })
        append('dep_1', finished('failed'))
        expect([...kept().digests('api', 9)]).toEqual([DIGEST.one])
      })

      test('are of one app', () => {
        succeed('dep_1', DIGEST.one, 'web')
        expect([...kept().digests('api', 9)]).toEqual([])
      })
    })

    test('a digest is known when any deployment of the app was of it', () => {
      fail('dep_1', DIGEST.one)
      accept('dep_2')
      append('dep_2', { type: 'image', at: AT, digest: DIGEST.two })
      succeed('dep_3', DIGEST.three, 'web')
      const known = [DIGEST.one, DIGEST.two, DIGEST.three].map((digest) =>
        kept().knows('api', digest),
      )
      expect(known).toEqual([true, true, false])
    })
  })
}
