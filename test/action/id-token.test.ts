import type { RequestListener } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { idToken } from '../../action/id-token.ts'
import { answerJson, serve } from './loopback.ts'

/** GitHub's token endpoint, which answers as it is told. */
const endpoint = async (listener: RequestListener) => {
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_URL', `${await serve(listener)}/token?v=1`)
  vi.stubEnv('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'request-token')
  onTestFinished(() => void vi.unstubAllEnvs())
}
const { signal } = new AbortController()

test('a token is asked for with its audience', async () => {
  await endpoint(({ url, headers }, response) =>
    answerJson(response, 200, { value: `${url} ${headers.authorization}` }),
  )
  expect(await idToken('https://a.example/hooks/b#sha256=1', 'sign', signal)).toBe(
    '/token?v=1&audience=https%3A%2F%2Fa.example%2Fhooks%2Fb%23sha256%3D1 Bearer request-token',
  )
})

test('an endpoint that has a bad moment is asked again', async () => {
  const answers = [503, 500, 'cut', 200]
  await endpoint(({ socket }, response) => {
    const answer = answers.shift()
    if (typeof answer !== 'number') return socket.destroy()
    answerJson(response, answer, { value: 't' })
  })
  expect(await idToken('a', 'sign', signal)).toBe('t')
  expect(answers).toEqual([])
})

test('what it says in the end is shown in one short line', async () => {
  await endpoint((_, response) => answerJson(response, 403, { message: 'no\n::error::no ' }))
  await expect(idToken('a', 'sign', signal)).rejects.toMatchObject({
    code: 'no_id_token',
    message: expect.stringMatching(/could not be had: .*403.*no \u200b::error::no$/) as string,
  })
})

test('a job that is cancelled does not wait for it', async () => {
  const cancelling = new AbortController()
  await endpoint(() => cancelling.abort())
  await expect(idToken('a', 'sign', cancelling.signal)).rejects.toThrow('abort')
})

test.each(['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'])(
  'without %s the permission is named',
  async (name) => {
    await endpoint(() => {})
    vi.stubEnv(name, '')
    await expect(idToken('a', 'sign the hook', signal)).rejects.toMatchObject({
      message: 'GitHub gives this job no OIDC token to sign the hook',
      hint: expect.stringContaining('id-token: write') as string,
    })
  },
)
