import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Answers, startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const digest = (n: number) => `sha256:${String(n).repeat(64)}`
const at = '2026-01-01T00:00:00Z'
const deployment = (id: string, n: number, more: object = {}) => ({
  id,
  app: 'api',
  action: 'deploy',
  status: 'succeeded',
  image: { repository: 'ghcr.io/acme/api', tag: `1.${n}`, digest: digest(n) },
  source: { sha: `${n}f3c9a81d04e` },
  created_at: at,
  live_at: at,
  steps: [],
  ...more,
})

const EVENTS = [
  { type: 'started', at },
  { type: 'step', at, step: 'pull', status: 'running' },
  { type: 'progress', at, step: 'pull', message: '12 MB of 80 MB', current: 12, total: 80 },
  { type: 'step', at, step: 'pull', status: 'succeeded', ms: 812, message: '80 MB' },
  { type: 'step', at, step: 'health', status: 'running' },
  { type: 'progress', at, step: 'health', message: 'GET / answered 503' },
  { type: 'live', at },
  { type: 'finished', at, status: 'succeeded' },
]

async function receiver(more: Answers = {}) {
  const orders: unknown[] = []
  const answering = await startAnswering({
    'POST /hooks/api': async (request: IncomingMessage, response: ServerResponse) => {
      let body = ''
      for await (const text of request.setEncoding('utf8')) body += text as string
      orders.push(JSON.parse(body))
      response.end(JSON.stringify({ deployment: deployment('d9', 3, { status: 'queued' }) }))
    },
    'GET /deployments/d9': deployment('d9', 3),
    'GET /deployments/d9/events': (_request, response) =>
      response.end(
        EVENTS.map((each, n) => `id: ${n + 1}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
      ),
    'GET /apps/api': { live: deployment('d3', 3) },
    'GET /apps/api/deployments': {
      deployments: [
        deployment('d4', 4, { status: 'failed' }),
        deployment('d3', 3),
        deployment('d2', 2),
        deployment('d1', 1),
      ],
    },
    ...more,
  })
  onTestFinished(answering.close)
  return {
    orders,
    run: (words: string[], columns?: number) =>
      operate([...words, '--config', answering.config], { FORCE_COLOR: '0' }, columns),
  }
}

test('in a pipe each step is a line, as in a workflow’s log', async () => {
  const { run } = await receiver()
  const { code, stdout } = await run(['deploy', 'api'])
  expect(stdout).toBe(`d9  deploy of api
started
✓ pull        812 ms  80 MB
  health   GET / answered 503
● live: new requests go to the new version
✓ succeeded
live: 1.3 ${digest(3).slice(0, 19)}
`)
  expect(code).toBe(0)
})

test('on a terminal what runs stands in a line that is written anew', async () => {
  const { run } = await receiver()
  const { stdout } = await run(['deploy', 'api'], 40)
  const drawn = stdout.split('\r\u001b[2K')
  expect(drawn).toContainEqual(expect.stringMatching(/^… pull +\d.* m?s {2}12 MB of 80 MB \(…$/))
  // what is over stays, what ran does not
  expect(drawn.filter((line) => line.endsWith('\n'))).toContain('✓ pull        812 ms  80 MB\n')
  expect(drawn.filter((line) => line.startsWith('…') && line.endsWith('\n'))).toEqual([])
})

test('Ctrl-C ends the showing, and says that the deployment goes on', async () => {
  const { run } = await receiver({
    'GET /deployments/d9/events': (_request, response) => {
      response.write(': still here\n\n', () => process.emit('SIGINT'))
    },
  })
  const { code, stderr } = await run(['deploy', 'api'])
  expect(code).toBe(130)
  expect(stderr).toBe('d9 goes on by itself: deploy-receiver status api shows it\n')
})

test.for([
  ['Enter takes the digest before', ['\r'], { rollback: 'previous' }],
  ['the arrow keys go to another', ['\u001b[B', '\r'], { rollback: 'd1' }],
  ['so does its number', ['2', '\r'], { rollback: 'd1' }],
  ['Ctrl-C calls it off', ['\u0003'], undefined],
] as const)('on a terminal a rollback asks where to: %s', async ([, keys, expected]) => {
  const { run, orders } = await receiver()
  const input = Object.assign(new PassThrough(), { isTTY: true })
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(input as unknown as typeof process.stdin)
  for (const key of keys) input.write(key)
  const { stdout, code } = await run(['rollback', 'api'], 80)
  expect(stripVTControlCharacters(stdout)).toMatch(
    /^Where to\? api runs 1\.3 sha256:333333333333\n +TAG +LIVE +DIGEST +COMMIT +OUTCOME\n\r> 1 {2}1\.2 +\d+ d ago +sha256:222222222222 +2f3c9a8 +succeeded\n\r {2}2 {2}1\.1 /,
  )
  expect(orders).toEqual(
    expected === undefined
      ? []
      : [{ ...expected, current_settings: false, release_settings: false }],
  )
  expect(code).toBe(expected === undefined ? 130 : 0)
})

test('without a terminal, or with --yes, a rollback goes to the digest before', async () => {
  const { run, orders } = await receiver()
  await run(['rollback', 'api'])
  await run(['rollback', 'api', '--yes'], 80)
  expect(orders).toMatchObject([{ rollback: 'previous' }, { rollback: 'previous' }])
})
