import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeployError } from '../../../../receiver/core/errors.ts'
import type { LogEntry, LogOptions } from '../../../../receiver/core/slots/logs.ts'
import { DIGEST } from '../../../support/fake-world.ts'
import { type HttpWorld, startHttpWorld } from '../../../support/http-world.ts'

let world: HttpWorld
let asked: { of: string; options: LogOptions; signal: AbortSignal }[]
let given: number
beforeEach(async () => {
  world = await startHttpWorld()
  asked = []
  given = 0
  tells(async function* () {
    yield OF
    for (;;) {
      given += 1
      yield { kind: 'line', replica: 1, at: 'x', text: `\u2028${'x'.repeat(10_000)}` }
    }
  })
})
afterEach(() => world.stop())

const OF: LogEntry & { kind: 'of' } = {
  kind: 'of',
  deployment: 'dep',
  replicas: 1,
  from: 'containers',
}
const tells = (entries: () => AsyncGenerator<LogEntry>) => {
  world.services.readLogs = (stored, options, signal) => {
    asked.push({ of: stored.deployment.id, options, signal })
    return entries()
  }
}
const request = (path: string) => world.local.request(path)
async function deployed(isLive = true): Promise<string> {
  const response = await world.local.request('/hooks/api', { method: 'POST' })
  const { deployment } = (await response.json()) as { deployment: { id: string } }
  const previous = world.store.live('api')?.deployment.id
  world.store.append(deployment.id, {
    type: 'image',
    at: 'x',
    digest: DIGEST.one,
    ...(previous === undefined ? {} : { previous: { deployment: previous, digest: DIGEST.two } }),
  })
  if (isLive) world.store.append(deployment.id, { type: 'live', at: 'x' }, { live: true })
  return deployment.id
}

test('what is live, was before, or is named is told, as it was asked for', async () => {
  const [first, second] = [await deployed(), await deployed()]
  const since = '2026-01-01T00:00:00.000000000Z'
  for (const query of [
    '',
    '?of=previous&tail=5',
    `?of=${first}&follow=true`,
    `?follow=true&since=${since}`,
  ]) {
    const { status, body } = await request(`/apps/api/logs${query}`)
    expect(status).toBe(200)
    await body?.cancel()
  }
  expect(asked).toMatchObject([
    { of: second, options: {} },
    { of: first, options: { tail: 5 } },
    { of: first, options: { follow: 'it' } },
    { of: second, options: { follow: 'live', since } },
  ])
})

test('no more is read than is taken, and nothing once nobody reads', async () => {
  await deployed()
  const { body } = await request('/apps/api/logs?follow=true')
  const reader = body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(`${JSON.stringify(OF)}\n`)
  await reader?.read()
  expect(given).toBeLessThan(5)
  await reader?.cancel()
  expect(asked[0]?.signal.aborted).toBe(true)
})

test('so many may be read at once, and the next when one of them ends', async () => {
  await deployed()
  const open = await Promise.all(Array.from({ length: 32 }, async () => request('/apps/api/logs')))
  const refused = await request('/apps/api/logs')
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ code: 'busy' })
  await open[0]?.body?.cancel()
  expect((await request('/apps/api/logs')).status).toBe(200)
})

test.for([
  ['/apps/none/logs', 404, 'unknown_app'],
  ['/apps/api/logs', 404, 'no_log'],
  ['/apps/api/logs?of=dep_none', 404, 'unknown_deployment'],
  ['/apps/api/logs?of=previous', 404, 'no_log'],
  ['/apps/api/logs?of=dep&tail=-1', 400, 'malformed_body'],
  ['/apps/api/logs?of=dep&since=yesterday', 400, 'malformed_body'],
] as const)('%s is answered with %i and what to do', async ([path, status, code]) => {
  await deployed(false)
  const response = await request(path)
  expect(response.status).toBe(status)
  expect(await response.json()).toMatchObject({ code, hint: expect.any(String) })
})

test('an engine that is away, and a log that is not kept, are answers of their own', async () => {
  const id = await deployed()
  // oxlint-disable-next-line require-yield
  tells(async function* () {
    throw new DeployError('engine_unreachable', 'no answer', { hint: 'start it' })
  })
  const away = await request('/apps/api/logs')
  expect([away.status, await away.json()]).toMatchObject([503, { hint: 'start it' }])
  tells(async function* () {
    yield { ...OF, replicas: 0 }
  })
  const gone = await request('/apps/api/logs')
  expect([gone.status, await gone.json()]).toMatchObject([
    404,
    { code: 'no_log', detail: `no log of ${id} is kept` },
  ])
})
