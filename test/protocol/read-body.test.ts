import { get, type IncomingMessage } from 'node:http'
import { fetch as fetchByUndici } from 'undici'
import { describe, expect, test } from 'vitest'
import {
  type Body,
  BodyTooLong,
  readBeginning,
  readText,
  readWhole,
} from '../../protocol/read-body.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../support/endless.ts'

const LIMIT = 100_000

const clients: [string, (url: string) => Promise<Body>][] = [
  ['fetch', async (url) => (await fetch(url)).body],
  ['undici', async (url) => (await fetchByUndici(url)).body],
  ['node:http', (url) => new Promise<IncomingMessage>((resolve) => get(url, resolve))],
]

describe.for(clients)('a body from %s', ([name, bodyOf]) => {
  test('that never ends is refused at the limit, and its connection is closed', async () => {
    const server = await startEndless()
    await expect(readWhole(await bodyOf(server.url), LIMIT)).rejects.toThrow(BodyTooLong)
    expect(await server.closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  test('of which the beginning is wanted is read no further', async () => {
    const server = await startEndless({ begins: 'no: ' })
    expect(await readBeginning(await bodyOf(server.url), 6)).toBe('no:   ')
    expect(await server.closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  test.skipIf(name === 'node:http')('that unpacks without end is cut as it unpacks', async () => {
    const server = await startEndless({ gzip: true })
    await expect(readWhole(await bodyOf(server.url), LIMIT)).rejects.toThrow(BodyTooLong)
    // packed, all that it makes is little: how much of it is on the way says nothing
    await server.closed
  })
})

async function* chunks(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

test('a body of just so many bytes is read whole, in whatever pieces it comes', async () => {
  expect(await readText(chunks('ab', '', 'cd'), 4)).toBe('abcd')
  await expect(readText(chunks('ab', '', 'cde'), 4)).rejects.toThrow('longer than 4 bytes')
  expect(await readText(null, 4)).toBe('')
})

test('a beginning does not end amid a character', async () => {
  expect(await readBeginning(chunks('aé'), 2)).toBe('a')
  expect(await readBeginning(chunks('aé'), 3)).toBe('aé')
})
