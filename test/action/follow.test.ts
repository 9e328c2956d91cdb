import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { follow } from '../../action/follow.ts'
import type { Following } from '../../action/follow.ts'
import type { Deployment, DeploymentEvent, UnknownEvent } from '../../protocol/deployment.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, serve } from './loopback.ts'

const at = '2026-01-02T03:04:06.000Z'
const started: DeploymentEvent = { type: 'started', at }
const pulled: DeploymentEvent = { type: 'step', at, step: 'pull', status: 'succeeded', ms: 812 }
const finished: DeploymentEvent = { type: 'finished', at, status: 'succeeded' }
const final = deploymentOf({ status: 'succeeded', finished_at: at })

type Connection = (response: ServerResponse, lastEventId: string | undefined) => void

/** A receiver whose event stream does for each connection what it is told, the last one for good. */
const receiver = async (connections: Connection[], ended: Deployment | undefined = final) => {
  const heard: { path: string; lastEventId?: string | undefined; token?: string | undefined }[] = []
  let streams = 0
  const url = await serve((request, response) => {
    const lastEventId = request.headers['last-event-id'] as string | undefined
    const path = request.url ?? ''
    heard.push({ path, lastEventId, token: request.headers.authorization })
    if (path === '/deployments/d1') return answerJson(response, ended ? 200 : 500, ended ?? {})
    connections[Math.min(streams++, connections.length - 1)]?.(response, lastEventId)
  })
  const accepted = {
    deployment: deploymentOf(),
    follow: { url: `${url}/deployments/d1/events`, token: 'follow-me' },
  }
  return { accepted, heard }
}

const write = (response: ServerResponse, events: [number, unknown][]) => {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [id, event] of events) response.write(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`)
}

const start = (
  following: Omit<Following, 'onEvent' | 'signal' | 'timeoutMs'> & Partial<Following>,
) => {
  const events: (DeploymentEvent | UnknownEvent)[] = []
  const outcome = follow({
    timeoutMs: 2 ** 30,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    reconnectMs: 1,
    ...following,
  })
  return { outcome, events }
}

test('events come in order, and the deployment is read as it ended', async () => {
  const { accepted, heard } = await receiver([
    (response) =>
      write(response, [
        [1, started],
        [2, pulled],
        [3, finished],
      ]),
  ])
  const { outcome, events } = start({ accepted })
  expect(await outcome).toEqual(final)
  expect(events).toEqual([started, pulled, finished])
  expect(heard.map(({ path }) => path)).toEqual(['/deployments/d1/events', '/deployments/d1'])
  expect(heard.map(({ token }) => token)).toEqual(['Bearer follow-me', 'Bearer follow-me'])
})

test('after a cut it goes on behind the last event that it heard', async () => {
  const { accepted, heard } = await receiver([
    (response) => {
      write(response, [
        [1, started],
        [2, pulled],
      ])
      response.write('id: 3\ndata: {"type":"fin', () => response.destroy())
    },
    (response) => response.writeHead(502).end(),
    (response) => response.destroy(),
    (response) => write(response, [[3, finished]]),
  ])
  const { outcome, events } = start({ accepted })
  await outcome
  expect(events).toEqual([started, pulled, finished])
  expect(heard.slice(0, 4).map(({ lastEventId }) => lastEventId)).toEqual([
    undefined,
    '2',
    '2',
    '2',
  ])
})

test('a stream that is cut after each event loses and repeats none', async () => {
  const steps = Array.from({ length: 10 }, (_, number): DeploymentEvent => ({
    type: 'progress',
    at,
    step: 'health',
    message: `answer ${number}`,
  }))
  const all = [...steps, finished]
  const { accepted } = await receiver([
    (response, lastEventId = '0') => {
      const next = Number(lastEventId)
      write(response, [[next + 1, all[next]]])
      response.write(': and now it ends\n\n', () => response.destroy())
    },
  ])
  const { outcome, events } = start({ accepted })
  expect(await outcome).toEqual(final)
  expect(events).toEqual(all)
})

test('events of a newer receiver are told as such; comments and broken data are passed over', async () => {
  const { accepted } = await receiver([
    (response) => {
      write(response, [[1, { type: 'moved', at }]])
      response.write(': still here\n\ndata: {\n\n')
      write(response, [[2, finished]])
    },
  ])
  const { outcome, events } = start({ accepted })
  await outcome
  expect(events).toEqual([{ type: 'unknown', kind: 'moved' }, finished])
})

test('where the end cannot be read, the events have told it', async () => {
  const error = { code: 'unhealthy', message: 'GET / answered 500', log: ['boom'] }
  const { accepted } = await receiver(
    [(response) => write(response, [[1, { ...finished, status: 'failed', error }]])],
    deploymentOf({ status: 'running' }),
  )
  expect(await start({ accepted }).outcome).toMatchObject({ id: 'd1', status: 'failed', error })
})

test('a stream that was read to its end before is not waited for', async () => {
  const { accepted } = await receiver([(response) => response.writeHead(204).end()])
  expect(await start({ accepted }).outcome).toEqual(final)
})

test('at the timeout it says "still running" and leaves the deployment alone', async () => {
  const { accepted, heard } = await receiver([(response) => write(response, [[1, started]])])
  await expect(start({ accepted, timeoutMs: 200 }).outcome).rejects.toMatchObject({
    code: 'still_running',
    message: 'deployment d1 of hello: still running after 200 ms',
  })
  // on a machine that is busy it may be over before the first question
  expect(heard.filter(({ path }) => path !== '/deployments/d1/events')).toEqual([])
})

test('a cancelled job leaves the deployment alone', async () => {
  const cancelling = new AbortController()
  const { accepted, heard } = await receiver([(response) => write(response, [[1, started]])])
  const { outcome } = start({
    accepted,
    signal: cancelling.signal,
    onEvent: () => cancelling.abort(),
  })
  await expect(outcome).rejects.toMatchObject({ code: 'cancelled' })
  expect(heard).toHaveLength(1)
})

test('a token that is refused is no reason to try on', async () => {
  const { accepted, heard } = await receiver([
    (response) => answerJson(response, 401, { title: 'token rejected' }),
  ])
  await expect(start({ accepted }).outcome).rejects.toMatchObject({ code: 'rejected' })
  expect(heard).toHaveLength(1)
})

test.each([301, 302, 303, 307, 308])(
  'a redirect by %i is not followed, for the token is for one address',
  async (status) => {
    const elsewhere = await receiver([(response) => write(response, [[1, finished]])])
    const { accepted, heard } = await receiver([
      (response) => response.writeHead(status, { location: elsewhere.accepted.follow.url }).end(),
    ])
    await expect(start({ accepted }).outcome).rejects.toMatchObject({
      code: 'rejected',
      hint: expect.stringContaining('follow no redirect') as string,
    })
    expect(heard).toHaveLength(1)
    expect(elsewhere.heard).toEqual([])
  },
)
