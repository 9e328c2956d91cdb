import { beforeEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { createFeed, type Feed } from '../../../../receiver/core/feed.ts'
import { preferredWait, waitForEnd } from '../../../../receiver/http/hooks/wait.ts'

describe('Prefer', () => {
  test.each([
    [undefined, 0],
    ['', 0],
    ['wait=30', 30],
    ['wait=600', 600],
    ['wait=601', 600],
    ['wait=6000', 600],
    ['wait=999999999', 600],
    ['WAIT="5"', 5],
    ['respond-async, wait = 5', 5],
    ['wait=5; x', 5],
    ['wait=1e3', 0],
    ['wait=-5', 0],
    ['wait=5s', 0],
    ['wait', 0],
    ['nowait=5', 0],
    ['wait=9999999999', 0],
  ])('%s is a wait of %i seconds', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds)
  })
})

describe('who waits', () => {
  const queued: Deployment = {
    id: 'd1',
    app: 'api',
    action: 'redeploy',
    status: 'queued',
    image: { repository: 'ghcr.io/acme/api' },
    source: {},
    created_at: '2026-03-01T12:00:00Z',
    steps: [],
  }
  let now: Deployment | undefined
  let feed: Feed
  let stopping: AbortController
  let client: AbortController
  beforeEach(() => {
    now = queued
    feed = createFeed()
    stopping = new AbortController()
    client = new AbortController()
  })

  const wait = (seconds = 600) =>
    waitForEnd(
      queued,
      { seconds, client: client.signal },
      {
        archive: { get: () => (now === undefined ? undefined : { deployment: now }) },
        feed,
        stopping: stopping.signal,
      },
    )
  const change = (status: Deployment['status']) => {
    now = { ...queued, status }
    feed.changed('d1')
  }

  test('is answered at the end, not at what comes before', async () => {
    const answer = wait()
    change('running')
    await new Promise((resolve) => setImmediate(resolve))
    change('succeeded')
    expect((await answer).status).toBe('succeeded')
  })

  test('gets what is over at once', async () => {
    now = { ...queued, status: 'failed' }
    expect((await wait()).status).toBe('failed')
  })

  test('gets it as it is when the time is over, when the receiver stops, or when he goes', async () => {
    change('running')
    const answers = [wait(0), wait(), wait()]
    expect((await answers[0])?.status).toBe('running')
    client.abort()
    expect((await answers[1])?.status).toBe('running')
    client = new AbortController()
    const last = wait()
    stopping.abort()
    expect((await last).status).toBe('running')
  })

  test('gets what was accepted when the record of it is gone', async () => {
    now = undefined
    expect(await wait(0)).toStrictEqual(queued)
  })
})
