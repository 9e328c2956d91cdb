import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { ReleasePlan } from '../../../../receiver/core/slots/ports.ts'
import { readLog } from '../../../../receiver/edges/docker/log.ts'
import { runOnce, timeLeft } from '../../../../receiver/edges/docker/run-once.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'
import { frame, json, startDockerApi } from '../../../support/fakes/docker-api.ts'
import { homeOn } from '../../../support/home.ts'
import { releaseLabels } from '../../../../receiver/edges/docker/labels.ts'

const signal = new AbortController().signal
const AGO = (ms: number) => new Date(Date.now() - ms).toISOString()
const plan = (timeoutMs: number): ReleasePlan => ({
  app: APP,
  generation: 1,
  repository: APP.image.repository,
  digest: DIGEST.one,
  command: ['migrate'],
  timeoutMs,
  volumes: [],
})

let close = () => {}
afterEach(() => close())

/** An engine with one container: that of a release command which was started before. */
async function engineWith({
  startedAt,
  log,
  state = { Status: 'running', Running: true, ExitCode: 0 },
}: {
  startedAt: string
  log: (response: ServerResponse) => void
  state?: { Status: string; Running: boolean; ExitCode: number }
}) {
  const api = await startDockerApi(({ method, path }, response) => {
    if (path.endsWith('/logs')) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      return log(response)
    }
    if (method === 'GET') {
      return json(response, {
        Config: { Tty: false, Labels: releaseLabels(homeOn('deploy'), plan(0)) },
        State: { ...state, StartedAt: startedAt },
      })
    }
    if (path.endsWith('/kill')) Object.assign(state, { Status: 'exited', Running: false })
    response.writeHead(204).end()
  })
  close = api.close
  return { ...api, state }
}

/** Prints without a line's end for as long as somebody reads. */
function endless(response: ServerResponse, printed: { bytes: number } = { bytes: 0 }): void {
  const chunk = frame(Buffer.alloc(16 * 1024, 'x'))
  const more = () => {
    while (!response.destroyed) {
      printed.bytes += chunk.byteLength
      if (!response.write(chunk)) return void response.once('drain', more)
    }
  }
  more()
}

describe('a release command', () => {
  test('that prints without a line end is read, of which little is held, until it ends', async () => {
    const printed = { bytes: 0 }
    const { docker, state } = await engineWith({
      startedAt: AGO(0),
      log: (response) => endless(response, printed),
    })
    const lines: string[] = []
    const ran = runOnce(docker, homeOn('deploy'), plan(600_000), {
      output: (line) => void lines.push(line),
      signal,
      // this engine's log has no end
      lastLinesMs: 0,
    })
    const heldAt = async (bytes: number) => {
      await expect.poll(() => printed.bytes, { timeout: 60_000 }).toBeGreaterThan(bytes)
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }
    const MB = 1024 * 1024
    const first = await heldAt(50 * MB)
    const second = await heldAt(200 * MB)
    expect(second - first).toBeLessThan(75 * MB)
    Object.assign(state, { Status: 'exited', Running: false, ExitCode: 3 })
    expect(await ran).toEqual({ exitCode: 3 })
    expect(lines).toEqual([])
  })

  test('whose time was over while nobody looked is stopped, not given its time again', async () => {
    const { docker, calls } = await engineWith({ startedAt: AGO(60_000), log: endless })
    const ran = runOnce(docker, homeOn('deploy'), plan(30_000), { output: () => {}, signal })
    await expect(ran).rejects.toMatchObject({
      code: 'release_failed',
      message: expect.stringContaining('ran for more than 30 s and was stopped'),
    })
    expect(calls).toContain('POST /containers/deploy-api-1-release/kill')
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([])
  })

  test('whose output breaks off is waited for all the same', async () => {
    const { docker, state } = await engineWith({
      startedAt: AGO(0),
      log(response) {
        response.write(frame('one\ntwo'))
        setImmediate(() => response.destroy())
      },
    })
    const lines: string[] = []
    const ran = runOnce(docker, homeOn('deploy'), plan(600_000), {
      output: (line) => void lines.push(line),
      signal,
    })
    await expect.poll(() => lines).toEqual(['one'])
    Object.assign(state, { Status: 'exited', Running: false })
    expect(await ran).toEqual({ exitCode: 0 })
  })

  test('goes on when what it printed cannot be kept', async () => {
    const { docker } = await engineWith({
      startedAt: AGO(0),
      state: { Status: 'exited', Running: false, ExitCode: 0 },
      log: (response) => void response.end(frame('one\n')),
    })
    const output = () => {
      throw new Error('the disk is full')
    }
    expect(await runOnce(docker, homeOn('deploy'), plan(600_000.5), { output, signal })).toEqual({
      exitCode: 0,
    })
  })
})

test('the time left counts from the start, and a clock set back gives no more than the whole', () => {
  const at = '2026-01-01T00:01:00.000Z'
  const now = Date.parse(at)
  expect(timeLeft(1000, undefined, now)).toBe(1000)
  expect(timeLeft(1000, at, now + 400)).toBe(600)
  expect(timeLeft(1000, at, now + 5000)).toBe(0)
  expect(timeLeft(1000, at, now - 50_000)).toBe(1000)
  expect(timeLeft(1000, 'not a time', now)).toBe(1000)
})

test('the last lines of a log are short and few, whatever was printed', async () => {
  const { docker } = await engineWith({
    startedAt: AGO(0),
    log(response) {
      for (let line = 0; line < 200; line++) response.write(frame(`${line} `))
      for (let line = 0; line < 200; line++) response.write(frame('x'.repeat(10_000)))
      response.write(frame('\n'))
      for (let line = 0; line < 200; line++) response.write(frame(`line ${line}\n`, 2))
      response.end(frame('\u001b[2J the last'))
    },
  })
  const lines = await readLog(docker, 'api', 3)
  expect(lines).toEqual(['line 198', 'line 199', '\\x1b[2J the last'])
  const all = await readLog(docker, 'api', 500)
  expect(all.length).toBe(202)
  // cut, and a sign that it is
  expect(all[0]?.length).toBe(2001)
})
