import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { operate } from '../../support/operator.ts'

const SINCE = '2026-03-01T12:00:00.000Z'

let dir: string
let server: Server
let asked: string[]
let answer: { status: number; body: object }

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'maintenance-'))
  const socket = join(dir, 'receiver.sock')
  writeFileSync(join(dir, 'config.yaml'), `url: https://d.example\nsocket: ${socket}\napps: {}\n`)
  server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.writeHead(answer.status).end(JSON.stringify(answer.body))
  })
  server.listen(socket)
  await once(server, 'listening')
})
beforeEach(() => {
  asked = []
})
afterAll(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

const run = (...args: string[]) =>
  operate(['maintenance', ...args, '--config', join(dir, 'config.yaml')])

const says = (isOn: boolean, ...statuses: (number | undefined)[]) => {
  const seen = statuses.map((status, at) => ({
    at: `http://${at}.test/`,
    ...(status === undefined ? {} : { status }),
  }))
  const body = {
    app: 'api',
    maintenance: isOn,
    since: isOn ? SINCE : null,
    stopped_since: null,
    seen,
  }
  answer = { status: 200, body }
  return body
}

test('maintenance is switched on and off, and asked for, with what visitors get', async () => {
  const on = says(true, 503)
  expect(await run('api', 'on')).toEqual({
    code: 0,
    stdout: `api: maintenance is on since 2026-03-01T12:00:00Z\n  http://0.test/ answers 503\n`,
    stderr: '',
  })
  expect(JSON.parse((await run('api', '--json')).stdout)).toEqual(on)
  says(false, 200, 502)
  expect(await run('api', 'off')).toEqual({
    code: 0,
    stdout: 'api: maintenance is off\n  http://0.test/ answers 200\n  http://1.test/ answers 502\n',
    stderr: '',
  })
  expect(asked).toEqual([
    'POST /apps/api/maintenance?on=true',
    'GET /apps/api/maintenance',
    'POST /apps/api/maintenance?on=false',
  ])
})

test('an app that is stopped stays so, and what starts it is named', async () => {
  answer = { status: 200, body: { ...says(false, 503), stopped_since: SINCE } }
  expect(await run('api', 'off')).toMatchObject({
    code: 0,
    stdout: `api: maintenance is off
  and api is stopped since 2026-03-01T12:00:00Z, which visitors are told: deploy-receiver start api lets them in
  http://0.test/ answers 503
`,
  })
})

test('what is on and not heeded ends with 1 and the remedy', async () => {
  says(true, 503, 200)
  expect(await run('api', 'on')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('http://1.test/ answers 200'),
    stderr: expect.stringMatching(/not all visitors get 503\n {2}.*reload --overwrite/),
  })
  says(true, undefined)
  expect(await run('api')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('http://0.test/ does not answer'),
    stderr: expect.stringContaining('deploy-receiver doctor says why'),
  })
})

test.each([
  [[], 'app'],
  [['api', 'sideways'], 'sideways'],
])('wrong usage ends with 2, and nothing is asked: %j', async (args, said) => {
  expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
  expect(asked).toEqual([])
})

test('what the receiver has against it is told with its remedy', async () => {
  const problem = { type: 'about:blank', title: 't', status: 409, code: 'no_visitors' }
  answer = { status: 409, body: { ...problem, detail: 'job is a worker', hint: 'see status' } }
  expect(await run('job', 'on')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'deploy-receiver: job is a worker\n  see status\n',
  })
})
