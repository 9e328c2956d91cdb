import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ask } from '../support/ask.ts'
import { HELLO } from '../support/images.ts'
import { startLoad } from '../support/load.ts'
import { freePort } from '../support/ports.ts'
import { waitFor } from '../support/processes.ts'

let child: ChildProcess | undefined
afterEach(() => void child?.kill('SIGKILL'))

test('the hello service answers with its version and commit, and the length of what it is sent', async () => {
  const site = await startHello({ VERSION: '7', COMMIT: 'c0ffee' })
  expect(JSON.parse((await ask(site)).body)).toMatchObject({ version: '7', commit: 'c0ffee' })
  const posted = await ask(site, { method: 'POST', body: Buffer.alloc(5000) })
  expect(JSON.parse(posted.body)).toMatchObject({ version: '7', received: 5000 })
  expect(await ask(site, { path: '/healthz' })).toMatchObject({ status: 200 })
})

test('the hello service built to be broken says why it is not healthy', async () => {
  const site = await startHello({ BROKEN: '1' })
  const { status, body } = await ask(site, { path: '/healthz' })
  expect(status).toBe(503)
  expect(JSON.parse(body)).toMatchObject({ reason: 'no connection to the database' })
})

test('a stopping hello service ends what is under way, tells WebSockets to go, and exits with 0', async () => {
  const site = await startHello({ VERSION: '7' })
  const socket = new WebSocket(`ws://127.0.0.1:${site.port}/ws`)
  await once(socket, 'open')
  socket.send('x'.repeat(300))
  expect(String((await once(socket, 'message'))[0])).toBe(`7: ${'x'.repeat(300)}`)
  const slow = ask(site, { path: '/slow?ms=500' })
  // the server has taken the slow request once it answers a later one
  await ask(site)

  const exited = once(child as ChildProcess, 'exit')
  child?.kill('SIGTERM')

  expect((await once(socket, 'close'))[0]).toBe(1001)
  expect((await slow).body).toMatch(/7 done\n$/)
  expect(await exited).toEqual([0, null])
})

test('load on a steady service meets every kind of client and fails none', async () => {
  const site = await startHello({ VERSION: '7' })
  const load = startLoad(site, { slowMs: 100 })
  await waitFor(() => Object.values(load.report().kinds).every(({ requests }) => requests >= 5), {
    what: 'some kind of client got no answers',
  })
  const report = await load.stop()
  expect(report).toMatchObject({ failed: 0, reasons: [], closings: [] })
  expect(report.versions.map(({ version }) => version)).toEqual(['7'])
  expect(report.longestGapMs).toBeGreaterThan(0)
})

test('load counts each request that a dying service leaves without an answer, with its reason', async () => {
  const site = await startHello({ VERSION: '7' })
  const load = startLoad(site, { slowMs: 60_000 })
  await waitFor(() => load.report().requests >= 50, { what: 'no answers' })
  child?.kill('SIGKILL')
  await waitFor(() => Object.values(load.report().kinds).every(({ failed }) => failed > 0), {
    what: 'some kind of client did not notice',
  })
  const { reasons } = await load.stop()
  expect(reasons.join('\n')).toMatch(/ECONNRESET|ECONNREFUSED|socket hang up/)
})

async function startHello(env: Record<string, string>) {
  const port = await freePort()
  child = spawn(process.execPath, [join(HELLO, 'server.js')], {
    env: { ...env, PORT: String(port) },
    stdio: 'ignore',
  })
  const site = { port, domain: 'hello.localhost' }
  await waitFor(async () => (await ask(site)).status === 200, { what: 'hello did not start' })
  return site
}
