import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { payloadsOf } from '../../../../receiver/edges/docker/frames.ts'
import { linesOf } from '../../../../receiver/edges/docker/lines.ts'
import { frame } from '../../../support/fakes/docker-api.ts'

const bytes = fc.uint8Array({ maxLength: 60 })
const pieces = (whole: Uint8Array, sizes: readonly number[]) => {
  const parts: Uint8Array[] = []
  let at = 0
  for (const size of [...sizes, whole.byteLength]) {
    parts.push(whole.subarray(at, at + size))
    at += size
  }
  return Readable.from(parts.filter(({ byteLength }) => byteLength > 0))
}
const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 })
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
const read = (chunks: AsyncIterable<Uint8Array>, most: number) => all(linesOf(chunks, most))

describe('lines', () => {
  test('come without their ends, the last one also when it has none', async () => {
    const text = 'one\r\n\ntwo\nthree'
    expect(await read(Readable.from([Buffer.from(text)]), 100)).toEqual(['one', '', 'two', 'three'])
    expect(await read(Readable.from([]), 100)).toEqual([])
  })

  test('are cut to their limit, and what follows is whole again', async () => {
    const text = Buffer.from(`${'x'.repeat(1000)}\nnext\n`)
    expect(await read(pieces(text, [7, 400]), 8)).toEqual(['xxxxxxxx', 'next'])
  })

  test('are the same however they arrive', async () => {
    const printed = fc.array(fc.constantFrom('a', 'bc', '\n', '\r\n', 'ü', 'x'.repeat(30)))
    await fc.assert(
      fc.asyncProperty(printed, sizes, async (words, cuts) => {
        const whole = Buffer.from(words.join(''))
        const expected = await read(Readable.from(whole.byteLength === 0 ? [] : [whole]), 16)
        expect(await read(pieces(whole, cuts), 16)).toEqual(expected)
        for (const line of expected) expect(line.length).toBeLessThanOrEqual(16)
      }),
    )
  })

  test('hold no more of a line without end, however long it gets', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    /** What is held beyond the chunk, after so many of them. */
    const heldAfter = async (chunks: number) => {
      let before = 0
      let most = 0
      async function* endless() {
        before = process.memoryUsage().arrayBuffers
        for (let sent = 0; sent < chunks; sent++) {
          yield chunk
          most = Math.max(most, process.memoryUsage().arrayBuffers - before)
        }
      }
      const [line = ''] = await read(endless(), 8192)
      expect(line.length).toBe(8192)
      return most
    }
    await heldAfter(10)
    // 64 MB, then 128 MB
    for (const chunks of [1000, 2000]) expect(await heldAfter(chunks)).toBeLessThan(1024 * 1024)
  })

  test('are read no faster than they are taken', async () => {
    let sent = 0
    async function* endless() {
      for (;;) {
        sent++
        yield Buffer.from('a line\n'.repeat(10))
      }
    }
    const lines = linesOf(endless(), 100)
    for (let taken = 0; taken < 25; taken++) await lines.next()
    expect(sent).toBe(3)
    await lines.return(undefined)
  })
})

describe('frames', () => {
  test('give what was printed, however they arrive', async () => {
    const printed = fc.array(fc.tuple(bytes, fc.constantFrom(0, 1, 2, 3)))
    await fc.assert(
      fc.asyncProperty(printed, sizes, async (payloads, cuts) => {
        const whole = Buffer.concat(payloads.map(([payload, type]) => frame(payload, type)))
        const got = await all(payloadsOf(pieces(whole, cuts)))
        // 3 is what the engine says of what it could not read
        const own = payloads.filter(([, type]) => type !== 3)
        expect(Buffer.concat(got)).toEqual(Buffer.concat(own.map(([payload]) => payload)))
      }),
    )
  })

  test('of 4 GB that never come whole are passed on as they come', async () => {
    const header = Buffer.from([1, 0, 0, 0, 255, 255, 255, 255])
    const chunks = [header, Buffer.from('some'), Buffer.from(' more\n')]
    expect(await read(payloadsOf(Readable.from(chunks)), 100)).toEqual(['some more'])
  })

  test('that are none are passed on as they are, and end', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, sizes, async (whole, cuts) => {
        const got = await all(payloadsOf(pieces(whole, cuts)))
        expect(Buffer.concat(got).byteLength).toBeLessThanOrEqual(whole.byteLength)
      }),
    )
    const terminal = Readable.from([Buffer.from('no frames at all')])
    expect(await read(payloadsOf(terminal), 100)).toEqual(['no frames at all'])
  })
})
