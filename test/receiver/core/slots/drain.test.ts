import { expect, test } from 'vitest'
import type { Container } from '../../../../receiver/core/slots/container.ts'
import { drain } from '../../../../receiver/core/slots/drain.ts'
import { APP } from '../../../support/fake-world.ts'
import { createFakeClock } from '../../../support/fakes/clock.ts'

const forever = new AbortController().signal

const container = (pid: number, running = true) => ({ pid, port: 8000, running }) as Container

/** Drains containers of which the given one has so many connections at that moment. */
async function drained({
  drainMs = 5000,
  old = [container(1)],
  open,
  signal = forever,
}: {
  drainMs?: number
  old?: readonly Container[]
  open: (now: number, pid: number) => number
  signal?: AbortSignal
}) {
  const clock = createFakeClock()
  const connections = ({ pid }: { pid: number }) => open(clock.ms(), pid)
  const line = await drain({ ...APP, drainMs }, old, { connections, clock }, signal)
  return { line, ms: clock.ms() }
}

test('it ends when no connection was seen for a second', async () => {
  expect(await drained({ open: () => 0 })).toStrictEqual({ line: 'no connection left', ms: 1000 })
  expect(await drained({ open: (now) => (now < 2000 ? 1 : 0) })).toStrictEqual({
    line: 'no connection left',
    ms: 3000,
  })
})

test('a connection within that second begins it anew', async () => {
  const open = (now: number) => (now === 800 ? 1 : 0)
  expect(await drained({ open })).toStrictEqual({ line: 'no connection left', ms: 2000 })
})

test.for([5000, 600, 0])(
  'connections that stay are left after %d ms, and no later',
  async (drainMs) => {
    expect(await drained({ drainMs, open: () => 2 })).toStrictEqual({
      line: `2 connections left after ${drainMs / 1000} s`,
      ms: drainMs,
    })
  },
)

test('a limit shorter than that second ends it too', async () => {
  expect(await drained({ drainMs: 600, open: () => 0 })).toStrictEqual({
    line: 'no connection left',
    ms: 600,
  })
})

test('all containers count, but for those that do not run', async () => {
  const old = [container(1), container(2), container(9, false)]
  const open = (_: number, pid: number) => pid
  expect((await drained({ old, open })).line).toBe('3 connections left after 5 s')
})

test('it stops when the receiver does', async () => {
  const stopping = new AbortController()
  const stopped = drained({
    open: (now) => {
      if (now >= 400) stopping.abort(new Error('the receiver stops'))
      return 1
    },
    signal: stopping.signal,
  })
  await expect(stopped).rejects.toThrow('the receiver stops')
})
