import { beforeEach, describe, expect, test } from 'vitest'
import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import { apply } from '../../../receiver/core/deployment.ts'
import { createEvents, type Listener } from '../../../receiver/core/listeners.ts'
import { createRedact } from '../../../receiver/core/redaction/redact.ts'

const at = '2026-01-01T00:00:00.000Z'
const DEPLOYMENT: Deployment = {
  id: 'dep_1',
  app: 'api',
  action: 'deploy',
  status: 'queued',
  image: { repository: 'ghcr.io/acme/api' },
  source: {},
  created_at: at,
  steps: [],
}
const STARTED: DeploymentEvent = { type: 'started', at }
const LIVE: DeploymentEvent = { type: 'live', at }

let kept: DeploymentEvent[]
let heard: string[]
/** Types of events that were on the disk before anybody heard of them. */
let durable: string[]
let reports: string[]
beforeEach(() => {
  kept = []
  heard = []
  durable = []
  reports = []
})

const hear: Listener = ({ status }, { type }) => void heard.push(`${type}: ${status}`)

function eventsFor(listeners: readonly Listener[], secret = 'hunter2hunter2') {
  let deployment = DEPLOYMENT
  return createEvents({
    keep(_id, event) {
      kept.push(event)
      return (deployment = apply(deployment, event))
    },
    transaction(work, options) {
      const result = work()
      if (options?.durable !== false) durable.push(kept.at(-1)?.type ?? '')
      return result
    },
    redactFor: () => createRedact([{ name: 'PASSWORD', value: secret }]),
    listeners,
    report: (message, details) => void reports.push(`${message} ${JSON.stringify(details)}`),
  })
}

describe('who listens', () => {
  test('hears of each event once it is kept, with the deployment that it made', () => {
    const events = eventsFor([
      (deployment, event) => {
        expect(kept).toContainEqual(event)
        hear(deployment, event)
      },
      () => void heard.push('second'),
    ])
    expect(events.append('dep_1', STARTED)).toMatchObject({ status: 'running', started_at: at })
    events.append('dep_1', { type: 'finished', at, status: 'succeeded' })
    expect(heard).toStrictEqual(['started: running', 'second', 'finished: succeeded', 'second'])
  })

  test('hears of what a transaction keeps when all of it is durable, in order', () => {
    const events = eventsFor([hear])
    const result = events.transaction(() => {
      events.append('dep_1', STARTED)
      events.transaction(() => events.append('dep_1', LIVE))
      expect(heard).toStrictEqual([])
      return 7
    })
    expect(result).toBe(7)
    expect(heard).toStrictEqual(['started: running', 'live: running'])
  })

  test('hears of nothing that a failed transaction took back', () => {
    const events = eventsFor([hear])
    const failing = () =>
      events.transaction(() => {
        events.append('dep_1', STARTED)
        throw new Error('the disk is full')
      })
    expect(failing).toThrow('the disk is full')
    expect(heard).toStrictEqual([])
    events.append('dep_1', LIVE)
    expect(heard).toHaveLength(1)
  })

  test('waits for the disk where nobody could see anew what happened, and for nothing else', () => {
    const events = eventsFor([])
    const step = { type: 'step', at, step: 'pull' } as const
    events.append('dep_1', STARTED)
    events.append('dep_1', { ...step, status: 'running' })
    events.append('dep_1', { type: 'progress', at, step: 'pull', message: '1 of 2 MB' })
    events.append('dep_1', { ...step, status: 'succeeded', ms: 1 })
    events.append('dep_1', { ...step, status: 'failed', ms: 1 })
    events.append('dep_1', LIVE)
    events.append('dep_1', { type: 'finished', at, status: 'succeeded' })
    // the step is the one that failed
    expect(durable).toStrictEqual(['step', 'live', 'finished'])
  })

  test('holds nothing up by failing', () => {
    const broken = () => {
      throw new Error('no connection')
    }
    const events = eventsFor([broken, hear])
    expect(events.append('dep_1', STARTED).status).toBe('running')
    expect(heard).toStrictEqual(['started: running'])
    expect(reports).toStrictEqual([expect.stringContaining('a listener failed')])
  })

  test('goes on to hear when not even the failure can be reported', () => {
    const events = createEvents({
      keep: (_id, event) => apply(DEPLOYMENT, event),
      transaction: (work) => work(),
      redactFor: () => createRedact([]),
      listeners: [
        (deployment, event) => {
          hear(deployment, event)
          throw new Error('no connection')
        },
      ],
      report: () => {
        throw new Error('the log is gone, too')
      },
    })
    expect(() => events.append('dep_1', STARTED)).toThrow('the log is gone, too')
    expect(() => events.append('dep_1', LIVE)).toThrow('the log is gone, too')
    expect(heard).toHaveLength(2)
  })

  test('may keep an event itself: it is heard after the one before', () => {
    const events = eventsFor([
      (_, { type }) => {
        if (type === 'started') events.append('dep_1', LIVE)
      },
      hear,
    ])
    events.append('dep_1', STARTED)
    expect(heard).toStrictEqual(['started: running', 'live: running'])
  })
})

describe('what is kept and heard', () => {
  const error = { code: 'unhealthy', message: 'got hunter2hunter2', hint: 'no hunter2hunter2' }
  const events: [string, DeploymentEvent][] = [
    ['a step', { type: 'step', at, step: 'health', status: 'failed', message: 'hunter2hunter2' }],
    ['its failure', { type: 'step', at, step: 'health', status: 'failed', error }],
    ['progress', { type: 'progress', at, step: 'health', message: 'hunter2hunter2' }],
    [
      'the end',
      { type: 'finished', at, status: 'failed', error: { ...error, log: ['hunter2hunter2'] } },
    ],
  ]
  test.each(events)('has no secret in %s', (_, event) => {
    const told: unknown[] = []
    eventsFor([(...both) => void told.push(both)]).append('dep_1', event)
    for (const text of [JSON.stringify(kept), JSON.stringify(told)]) {
      expect(text).not.toContain('hunter2hunter2')
      expect(text).toContain('[PASSWORD]')
    }
  })

  test('stays an event when a secret is a word that stands for one', () => {
    for (const word of ['succeeded', 'finished', 'resolve1']) {
      kept = []
      const event: DeploymentEvent = { type: 'finished', at, status: 'succeeded' }
      eventsFor([], word).append('dep_1', event)
      const step: DeploymentEvent = { type: 'step', at, step: 'resolve1', status: 'succeeded' }
      eventsFor([], word).append('dep_1', step)
      expect(kept).toStrictEqual([event, step])
    }
  })

  test('keeps the fields of an error when a secret is the name of one', () => {
    const event: DeploymentEvent = { type: 'finished', at, status: 'failed', error }
    for (const word of ['message', 'hint']) eventsFor([], word).append('dep_1', event)
    for (const { error: it } of kept as { error: object }[]) {
      expect(Object.keys(it)).toStrictEqual(['code', 'message', 'hint'])
    }
  })

  test('keeps the code of an error as it is', () => {
    const event: DeploymentEvent = { type: 'finished', at, status: 'failed', error }
    eventsFor([], 'unhealthy').append('dep_1', event)
    expect(kept).toMatchObject([{ error: { code: 'unhealthy' } }])
  })
})
