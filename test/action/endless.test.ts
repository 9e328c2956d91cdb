import { expect, test } from 'vitest'
import { follow } from '../../action/follow.ts'
import { postHook } from '../../action/hook.ts'
import { exchange } from '../../action/registries/exchange.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../support/endless.ts'
import { deploymentOf } from './deployment-of.ts'

const { signal } = new AbortController()

test('a hook whose answer never ends is posted once, and said to be answered too much', async () => {
  const { url, closed } = await startEndless({ status: 202 })
  const pauses: number[] = []
  const posted = postHook({
    target: { url: `${url}/hooks/hello`, app: 'hello' },
    body: { id: '1' },
    authorize: async () => ({}),
    signal,
    pause: async (ms) => void pauses.push(ms),
  })
  await expect(posted).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('sends too much: the answer is longer than 4194304 bytes'),
  })
  expect(pauses).toEqual([])
  expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
})

test('an event without an end ends the following', async () => {
  const { url, closed } = await startEndless({ begins: 'id: 1\ndata: ' })
  const followed = follow({
    accepted: { deployment: deploymentOf(), follow: { url, token: 't' } },
    timeoutMs: 2 ** 30,
    signal,
    onEvent: () => {},
  })
  await expect(followed).rejects.toMatchObject({
    code: 'bad_answer',
    message: `${url} sent an event of more than 4194304 characters`,
  })
  expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
})

test.for([
  [200, 'sends too much'],
  [403, 'answered 403: no, never'],
])(
  'a service that gives credentials and answers %i without end is given up',
  async ([status, said]) => {
    const { url, closed } = await startEndless({ status: Number(status), begins: 'no, never' })
    const asked = exchange(url, { headers: {}, body: '', what: 'no login', hint: '', signal })
    await expect(asked).rejects.toMatchObject({
      code: 'login_failed',
      message: expect.stringContaining(String(said)),
    })
    expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  },
)
