import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lookAtClock } from '../../../../receiver/edges/registry/clock.ts'
import type { ReadRepository } from '../../../../receiver/edges/registry/reading.ts'

const NOW = Date.parse('2026-01-02T03:04:05.600Z')
const signal = new AbortController().signal
let date: string | undefined
const server = createServer((_, response) => {
  response.sendDate = false
  response.writeHead(401, date === undefined ? {} : { date }).end('{}')
})
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())

/** Reads a repository at the registry that answers above; of any other name it rejects. */
const read: ReadRepository = async (repository, _, look) => {
  if (repository !== 'here/api')
    throw new TypeError('fetch failed', { cause: { code: repository } })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return look(undefined as never, { known: undefined, route: { base, fetch } })
}
const compare = (...repositories: string[]) =>
  lookAtClock(repositories, { read, signal, now: () => NOW })

test.for<[string | undefined, string | RegExp]>([
  ['Fri, 02 Jan 2026 03:04:05 GMT', 'as the registry has it'],
  ['Fri, 02 Jan 2026 03:04:09 GMT', 'as the registry has it'],
  ['Fri, 02 Jan 2026 03:02:05 GMT', /clock is 120 s ahead of that of 127\.0\.0\.1:\d+$/],
  ['Fri, 02 Jan 2026 03:05:05 GMT', /clock is 59 s behind/],
  ['Mon, 02 Mar 2026 03:04:05 GMT', /clock is 59 days behind/],
  [undefined, 'not compared: no registry tells the time'],
])('a registry whose date is %s', async ([told, expected]) => {
  date = told
  if (typeof expected === 'string') expect(await compare('here/api')).toBe(expected)
  else await expect(compare('here/api')).rejects.toThrow(expected)
})

test('the first registry that answers decides', async () => {
  date = 'Fri, 02 Jan 2026 03:04:05 GMT'
  expect(await compare('ECONNREFUSED', 'here/api')).toBe('as the registry has it')
  expect(await compare('ECONNREFUSED')).toBe('not compared: no registry tells the time')
  expect(await compare()).toBe('not compared: no registry tells the time')
})

test('a certificate that is not good at this time tells it too', async () => {
  await expect(compare('CERT_NOT_YET_VALID')).rejects.toMatchObject({
    message: expect.stringContaining('2026-01-02T03:04:05.600Z'),
    hint: expect.stringContaining('timedatectl'),
  })
})
