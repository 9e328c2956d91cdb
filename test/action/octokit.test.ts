import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { createOctokit } from '../../action/octokit.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../support/endless.ts'
import { answerJson, serve } from './loopback.ts'

const ask = (baseUrl: string, request = {}) =>
  createOctokit('t').request('GET /repos/acme/hello', { baseUrl, request })

/** GitHub's API, with what it answers one after the other. */
const api = async (...answers: RequestListener[]) => {
  let asked = 0
  const url = await serve((request, response) => answers[asked++]?.(request, response))
  return { url, asked: () => asked }
}
const limitedUntil =
  (seconds: number): RequestListener =>
  (_, response) => {
    response.setHeader('x-ratelimit-remaining', '0')
    response.setHeader('x-ratelimit-reset', String(Math.floor(Date.now() / 1000) + seconds))
    answerJson(response, 403, { message: 'API rate limit exceeded' })
  }
const fine: RequestListener = (_, response) => answerJson(response, 200, { id: 1 })

test('a limit that ends soon is waited for', async () => {
  const { url, asked } = await api(limitedUntil(0), fine)
  expect((await ask(url)).data).toEqual({ id: 1 })
  expect(asked()).toBe(2)
})

test('a limit that ends in an hour is not', async () => {
  const { url, asked } = await api(limitedUntil(3600), fine)
  await expect(ask(url)).rejects.toMatchObject({ status: 403 })
  expect(asked()).toBe(1)
})

test('a cut is asked again, a refusal is not', async () => {
  const cut = await api(({ socket }) => socket.destroy(), fine)
  expect((await ask(cut.url)).status).toBe(200)
  const refused = await api((_, response) => answerJson(response, 404, { message: 'Not Found' }))
  await expect(ask(refused.url)).rejects.toMatchObject({ status: 404 })
  expect([cut.asked(), refused.asked()]).toEqual([2, 1])
})

test('an answer without end is given up', async () => {
  const { url, closed } = await startEndless({ begins: '{' })
  await expect(ask(url, { retries: 0 })).rejects.toThrow('the answer is longer than 4194304 bytes')
  expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
})

test('a cancelled request is not asked again', async () => {
  const cancelling = new AbortController()
  const { url, asked } = await api(() => cancelling.abort(), fine)
  await expect(ask(url, { signal: cancelling.signal })).rejects.toThrow('abort')
  expect(asked()).toBe(1)
})
