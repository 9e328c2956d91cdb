import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../protocol/deployment.ts'
import { createStall, starvedMsOf } from '../../../receiver/serve/stall.ts'
import { watchRequests, watchSteps } from '../../../receiver/serve/watchdog.ts'

const LOOK_MS = 1000

describe('a stall', () => {
  /** What is measured after these looks: whether it beat, what passed, and for how long it had no CPU. */
  function after(looks: readonly [beat: boolean, passedMs: number, starvedMs?: number][]) {
    const measure = createStall(LOOK_MS)
    const sight = { beats: 0, nowMs: 0, starvedMs: 0 }
    measure({ ...sight })
    let stalledMs = 0
    for (const [beat, passedMs, starvedMs = 0] of looks) {
      sight.beats += beat ? 1 : 0
      sight.nowMs += passedMs
      sight.starvedMs += starvedMs
      stalledMs = measure({ ...sight })
    }
    return stalledMs
  }
  const still = (times: number, passedMs = 1000, starvedMs = 0) =>
    Array.from({ length: times }, () => [false, passedMs, starvedMs] as [boolean, number, number])

  test('is as long as no beat comes', () => {
    expect(after(still(60))).toBe(60_000)
    expect(after([...still(9), [true, 1000]])).toBe(0)
    expect(after([...still(9), [true, 1000], ...still(2)])).toBe(2000)
  })

  test('is none of a machine or a process that slept', () => {
    expect(after([[false, 8 * 60 * 60_000]])).toBe(2 * LOOK_MS)
    expect(
      after([
        [false, 8 * 60 * 60_000],
        [true, 10],
      ]),
    ).toBe(0)
  })

  test('is none when there is no CPU to be had, also when we are late ourselves', () => {
    expect(after(still(300, 1000, 1000))).toBe(0)
    expect(after(still(30, 10_000, 9900))).toBe(0)
    // it had a little: that it did not beat in it counts
    expect(after(still(100, 1000, 900))).toBe(10_000)
  })

  test('knows from the kernel how long there was no CPU', () => {
    expect(starvedMsOf('3941417 1584869 4\n')).toBe(1.584869)
    for (const text of ['', '1', 'x y z']) expect(starvedMsOf(text)).toBe(0)
  })
})

describe('a process with a watchdog', () => {
  let child: ChildProcessWithoutNullStreams | undefined
  let said = ''
  afterEach(() => child?.kill('SIGKILL'))

  async function start(endMs: number) {
    said = ''
    const program = join(import.meta.dirname, 'stalling.ts')
    child = spawn(process.execPath, [program, '50', '500', String(endMs)])
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    await once(child.stdout, 'data')
    return child
  }
  const lines = () =>
    said
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { msg: string; under_way: string[] })

  test('that stands still says what was under way, and dies by a signal of its own', async () => {
    const running = await start(1500)
    running.stdin.write('stand still')
    const [code, signal] = (await once(running, 'close')) as [number | null, string | null]
    expect([code, signal]).toEqual([null, 'SIGALRM'])
    expect(lines().map(({ msg }) => msg)).toEqual([
      'the receiver stands still',
      'the receiver stands still and is ended, to be started again',
    ])
    expect(lines()[0]?.under_way).toEqual([
      expect.stringMatching(/^request POST \/hooks\/x+…$/),
      'step pull of api (dep_1)',
    ])
    expect(lines()[0]?.under_way[0]?.length).toBe(201)
  })

  test('that was stopped for longer than it may stand still goes on', async () => {
    const running = await start(700)
    running.kill('SIGSTOP')
    // nothing happens that could be awaited
    await pause(2000)
    running.kill('SIGCONT')
    for (let asked = 0; asked < 3; asked++) {
      running.stdin.write('are you there?')
      await once(running.stdout, 'data')
    }
    expect(running.exitCode ?? running.signalCode).toBeNull()
    expect(lines()).toEqual([])
  })
})

describe('under way', () => {
  function notes() {
    const now = new Set<string>()
    const begin = (what: string) => {
      now.add(what)
      return () => void now.delete(what)
    }
    return { now, begin }
  }

  test('is each step from its beginning to its end', () => {
    const { now, begin } = notes()
    const heard = watchSteps({ begin })
    const at = '2026-01-01T00:00:00.000Z'
    const deployment = { id: 'dep_1', app: 'api' } as Deployment
    heard(deployment, { type: 'step', at, step: 'pull', status: 'running' })
    heard(deployment, { type: 'progress', at, step: 'pull', message: '1 of 2 MB' })
    expect([...now]).toEqual(['step pull of api (dep_1)'])
    heard(deployment, { type: 'step', at, step: 'pull', status: 'succeeded' })
    expect([...now]).toEqual([])
    heard(deployment, { type: 'step', at, step: 'start', status: 'running' })
    heard(deployment, { type: 'finished', at, status: 'failed' })
    expect([...now]).toEqual([])
  })

  test('is each request until it is answered, without its query', async () => {
    const { now, begin } = notes()
    const seen: string[][] = []
    const server = createServer((_, response) => {
      seen.push([...now])
      response.end()
    })
    watchRequests(server, { begin })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await (await fetch(`http://127.0.0.1:${port}/apps/api?token=secret`)).text()
    expect(seen).toEqual([['request GET /apps/api']])
    await expect.poll(() => now.size).toBe(0)
    server.closeAllConnections()
    server.close()
  })
})
