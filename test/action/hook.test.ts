import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ActionError } from '../../action/error.ts'
import { postHook, retryAfterMs } from '../../action/hook.ts'
import type { Delivery } from '../../action/hook.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

const accepted = {
  deployment: deploymentOf(),
  follow: { url: 'http://x/deployments/d1/events', token: 't' },
}

/** Answers one after the other, the last one for good; a `null` cuts the connection. */
const receiver = async (
  answers: ({ status: number; body?: unknown; headers?: Record<string, string> } | null)[],
) => {
  const heard: { headers: IncomingHttpHeaders; body: string }[] = []
  const url = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = answers[Math.min(heard.length, answers.length - 1)]
      heard.push({ headers: request.headers, body })
      if (!answer) return request.socket.destroy()
      for (const [name, value] of Object.entries(answer.headers ?? {}))
        response.setHeader(name, value)
      if (answer.body === undefined) return response.writeHead(answer.status).end()
      answerJson(response, answer.status, answer.body)
    })
  })
  return { url: `${url}/hooks/hello`, heard }
}

const deliver = (url: string, overrides: Partial<Delivery> = {}) => {
  const pauses: number[] = []
  let token = 0
  const outcome = postHook({
    target: { url, app: 'hello' },
    body: { image: 'ghcr.io/acme/hello:main', id: '77-1-hello' },
    authorize: async () => ({ authorization: `Bearer token-${++token}` }),
    signal: new AbortController().signal,
    pause: async (ms) => void pauses.push(ms),
    ...overrides,
  })
  return { outcome, pauses }
}

test('an accepted hook gives the deployment and where to follow it', async () => {
  const { url, heard } = await receiver([{ status: 202, body: accepted }])
  expect(await deliver(url).outcome).toEqual({ kind: 'accepted', ...accepted })
  expect(heard[0]).toMatchObject({
    body: '{"image":"ghcr.io/acme/hello:main","id":"77-1-hello"}',
    headers: { 'content-type': 'application/json', authorization: 'Bearer token-1' },
  })
})

test('the token to follow by is hidden, also where the answer is shown as one that is not understood', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => said.mockRestore())
  const follow = { url: 'http://x/deployments/d1/events', token: 'follow-token-0123456789' }
  const { url } = await receiver([{ status: 202, body: { follow, deployment: { id: 'd1' } } }])
  await expect(deliver(url).outcome).rejects.toMatchObject({ code: 'bad_answer' })
  expect(said.mock.calls.join('')).toContain('::add-mask::follow-token-0123456789')
})

test('cut connections and 429, 502, 503 and 504 are tried again with the same bytes and a fresh token', async () => {
  const { url, heard } = await receiver([
    null,
    { status: 502 },
    { status: 503, headers: { 'retry-after': '7' } },
    { status: 504 },
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 202, body: accepted },
  ])
  const { outcome, pauses } = deliver(url)
  expect((await outcome).kind).toBe('accepted')
  expect(pauses).toEqual([1000, 2000, 7000, 15_000, 1000])
  expect(new Set(heard.map(({ body }) => body)).size).toBe(1)
  expect(heard.map(({ headers }) => headers.authorization)).toEqual(
    [1, 2, 3, 4, 5, 6].map((n) => `Bearer token-${n}`),
  )
})

test('a conflict that says when it is over is waited for', async () => {
  const leaves = { status: 409, headers: { 'retry-after': '5' } }
  const { url } = await receiver([leaves, leaves, { status: 202, body: accepted }])
  const { outcome, pauses } = deliver(url)
  expect((await outcome).kind).toBe('accepted')
  expect(pauses).toEqual([5000, 5000])
})

test('a receiver that stays away is given up after six tries, in words', async () => {
  const { url, heard } = await receiver([{ status: 503 }])
  await expect(deliver(url).outcome).rejects.toMatchObject({
    code: 'rejected',
    message: `${url} answered 503`,
  })
  expect(heard).toHaveLength(6)
})

test.each([400, 401, 403, 404, 409, 413, 415, 422, 500])('%i is final', async (status) => {
  const { url, heard } = await receiver([{ status }])
  await expect(deliver(url).outcome).rejects.toMatchObject({ code: 'rejected' })
  expect(heard).toHaveLength(1)
})

test.each([301, 302, 303, 307, 308])(
  'a redirect by %i is not followed, for the signature is for one address',
  async (status) => {
    const elsewhere = await receiver([{ status: 202, body: accepted }])
    const { url, heard } = await receiver([{ status, headers: { location: elsewhere.url } }])
    await expect(deliver(url).outcome).rejects.toMatchObject({
      hint: expect.stringContaining('follow no redirect') as string,
    })
    expect(heard).toHaveLength(1)
    expect(elsewhere.heard).toEqual([])
  },
)

test('the receiver’s own words and hint are shown', async () => {
  const body = {
    type: 'about:blank',
    title: 'image not allowed',
    status: 403,
    code: 'image_not_allowed',
    detail: 'ghcr.io/acme/x is not the repository of hello',
    hint: 'push to that repository',
  }
  const { url } = await receiver([{ status: 403, body }])
  await expect(deliver(url).outcome).rejects.toMatchObject({
    message: `${url} answered 403: ghcr.io/acme/x is not the repository of hello`,
    hint: 'push to that repository',
  })
})

test('a 401 says what to compare, for the receiver tells strangers nothing', async () => {
  const { url } = await receiver([{ status: 401, body: { title: 'signature rejected' } }])
  await expect(deliver(url).outcome).rejects.toMatchObject({
    message: `${url} answered 401: signature rejected`,
    hint: expect.stringContaining('repository_id') as string,
  })
})

test('a proxy’s error page is one short line', async () => {
  const url = await serve((_, response) => {
    response
      .writeHead(413)
      .end('<html><head><title>413 Request Entity Too Large</title></head></html>')
  })
  await expect(deliver(`${url}/hooks/hello`).outcome).rejects.toMatchObject({
    message: `${url}/hooks/hello answered 413: 413 Request Entity Too Large`,
    hint: expect.stringContaining('client_max_body_size') as string,
  })
})

describe('where nobody answers', () => {
  test('a closed port names the host and what to check', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { outcome, pauses } = deliver(`http://127.0.0.1:${port}/hooks/hello`)
    const error = await outcome.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ActionError)
    expect(error).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining(`127.0.0.1:${port} cannot be reached`) as string,
    })
    expect(pauses).toHaveLength(5)
  })

  test('a name that does not exist is said to not resolve', async () => {
    await expect(deliver('http://nowhere.invalid/hooks/hello').outcome).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('nowhere.invalid does not resolve') as string,
    })
  })

  test('TLS to a port without it fails at once', async () => {
    const { url } = await receiver([{ status: 202, body: accepted }])
    const { outcome, pauses } = deliver(url.replace('http:', 'https:'))
    await expect(outcome).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('does not speak TLS') as string,
    })
    expect(pauses).toEqual([])
  })
})

test('an empty 200 is enough from a plain CI_CD_URL, and from no other', async () => {
  const { url } = await receiver([{ status: 200 }])
  const basic = { username: '$shop', password: 'pw' }
  const plain = deliver(url, { target: { url, app: 'shop', basic } })
  expect(await plain.outcome).toEqual({ kind: 'taken', status: 200 })
  await expect(deliver(url).outcome).rejects.toMatchObject({ code: 'bad_answer' })
})

test('a cancelled job stops at once', async () => {
  const { url } = await receiver([{ status: 202, body: accepted }])
  await expect(deliver(url, { signal: AbortSignal.abort() }).outcome).rejects.toMatchObject({
    code: 'cancelled',
  })
})

test.each([
  ['120', 120_000],
  ['3600', 120_000],
  ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s is %s ms', (value, ms) => {
  expect(retryAfterMs(value, Date.parse('2026-01-02T03:04:05Z'))).toBe(ms)
})
