import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'
import { openProgram } from '../../../receiver/cli/program.ts'

/** Moves the cursor, sets the title, turns the reading direction, ends the line; then wide characters, and more than a line of them. */
const EVIL =
  '\u001b[2J\u001b]0;owned\u0007\u009b1A\r\u0008\u202e\u2066\u200f\u2028\ud800\t\n' +
  '版本 and more '.repeat(20)
const DIGEST = `sha256:${'1'.repeat(64)}`

const deployment = {
  id: `d1`,
  app: `api${EVIL}`,
  action: `deploy${EVIL}`,
  status: 'failed',
  image: { repository: `ghcr.io/acme/api${EVIL}`, tag: `1.0${EVIL}`, digest: `${EVIL}${DIGEST}` },
  previous: { deployment: `d0${EVIL}`, digest: `${EVIL}${DIGEST}` },
  source: {
    message: EVIL,
    actor: EVIL,
    repository: EVIL,
    ref: EVIL,
    sha: EVIL,
    run_url: EVIL,
    release: EVIL,
  },
  url: EVIL,
  created_at: '2026-01-01T00:00:00Z',
  started_at: '2026-01-01T00:00:00Z',
  finished_at: '2026-01-01T00:00:01Z',
  live_at: '2026-01-01T00:00:01Z',
  steps: [{ name: EVIL, status: 'failed', started_at: '2026-01-01T00:00:00Z' }],
  error: { code: EVIL, message: `not healthy${EVIL}`, hint: EVIL, log: [EVIL, EVIL] },
}
const app = {
  name: `api${EVIL}`,
  image: { repository: `ghcr.io/acme/api${EVIL}`, tag: EVIL },
  domains: [EVIL],
  hook: `https://deploy.test/${EVIL}`,
  accepts: ['oidc', 'ed25519', 'hmac', 'basic', 'github', EVIL],
  live: deployment,
  current: { ...deployment, status: 'running' },
  last: deployment,
  on_hold: [{ digest: `${EVIL}${DIGEST}`, deployment: EVIL, since: '2026-01-01T00:00:00Z' }],
  volumes: [{ path: EVIL, volume: EVIL }],
  maintenance_since: EVIL,
  stopped_since: null,
  awaits_data: [],
}
const at = deployment.created_at
const ENTRY = {
  at,
  last_at: at,
  count: 1,
  app: EVIL,
  outcome: EVIL,
  address: EVIL,
  sender: { kind: 'oidc', claims: { sub: EVIL, repository: EVIL, ref: EVIL, actor: EVIL } },
  request: EVIL,
  reason: EVIL,
  deployment: EVIL,
}
const events = [
  { type: 'image', at, digest: EVIL, previous: { deployment: EVIL, digest: EVIL } },
  { type: 'progress', at, step: EVIL, message: EVIL },
  { type: 'progress', at, step: 'pull', message: EVIL, current: 1, total: 2 },
  { type: 'step', at, step: EVIL, status: 'running' },
  { type: 'step', at, step: EVIL, status: 'succeeded', ms: 1, message: EVIL },
  { type: EVIL, at, step: EVIL, message: EVIL },
  { type: 'step', at, step: EVIL, status: 'failed', ms: 1, message: EVIL },
  { type: 'finished', at, status: 'failed', error: deployment.error },
]

let receiver: Awaited<ReturnType<typeof startAnswering>>
beforeAll(async () => {
  receiver = await startAnswering({
    'GET /apps': { apps: [app] },
    'GET /apps/api': app,
    'GET /apps/api/deployments': { deployments: [deployment] },
    'GET /apps/api/tags': {
      tags: [{ tag: EVIL, digest: `${EVIL}${DIGEST}`, deployment: EVIL, live: true }],
      total: 1,
      has_more: true,
    },
    'GET /show/d1': {
      deployment,
      live: true,
      steps: [{ ...deployment.steps[0], message: EVIL }],
      last_answer: EVIL,
      superseded: EVIL,
      superseded_by: EVIL,
      replaced_by: EVIL,
      asked: { ...ENTRY, address: EVIL },
    },
    'POST /login-links': { url: `http://deploy.test/${EVIL}` },
    'POST /apps/api/stop': { stopped_since: EVIL },
    'POST /apps/api/start': { stopped_since: null },
    'POST /apps/api/restart': { deployment, follow: { url: EVIL, token: EVIL } },
    'GET /apps/api/logs': (_request, response) => {
      const lines = [
        { kind: 'of', deployment: EVIL, replicas: 2 },
        { kind: 'line', replica: 1, at, text: EVIL.replaceAll('\n', '') },
        { kind: 'of', deployment: `next${EVIL}`, replicas: 2 },
        { kind: 'line', replica: 2, at, text: EVIL.replaceAll('\n', '') },
      ]
      response.end(lines.map((each) => `${JSON.stringify(each)}\n`).join(''))
    },
    'GET /certificates': { checks: [{ what: EVIL, ok: false, message: EVIL, hint: EVIL }] },
    'GET /apps/api/plan': {
      app: EVIL,
      changes: true,
      image: { repository: EVIL, tag: EVIL, digest: `${EVIL}${DIGEST}` },
      live: { deployment: EVIL, tag: EVIL, digest: EVIL },
      settings: [{ setting: EVIL, change: 'changed', secret: false, from: EVIL, to: EVIL }],
      steps: [EVIL],
      nginx: 'untouched',
      pauses: true,
      running: EVIL,
      superseded: [EVIL],
      on_hold: { digest: EVIL, deployment: EVIL, since: EVIL },
      reload: {
        changes: [{ setting: EVIL, change: 'changed', secret: false, from: EVIL, to: EVIL }],
        problem: EVIL,
      },
    },
    'GET /audit': {
      entries: [ENTRY],
    },
    'GET /doctor': { checks: [{ id: EVIL, what: EVIL, ok: false, message: EVIL, hint: EVIL }] },
    'GET /notify': {
      targets: [
        {
          name: EVIL,
          kind: EVIL,
          waiting: 1,
          told_at: at,
          failing: { why: EVIL, at, since: at },
          dropped: 1,
          last_drop: { why: EVIL, at },
        },
      ],
    },
    'POST /notify/test': {
      targets: [{ name: EVIL, kind: EVIL, ok: false, answer: EVIL, hint: EVIL }],
    },
    'POST /reload': {
      keys: [EVIL],
      added: [EVIL],
      changed: [EVIL],
      removed: [EVIL],
      warnings: [EVIL],
      edited: [{ file: EVIL, difference: [EVIL] }],
      overwritten: [EVIL],
    },
    'GET /fleet': {
      receivers: [
        {
          url: EVIL,
          own: true,
          error: EVIL,
          apps: [
            {
              name: EVIL,
              live: { digest: EVIL, tag: EVIL, since: at, release: EVIL },
              under_way: EVIL,
              last_failed: true,
            },
          ],
        },
      ],
      drift: [EVIL],
    },
    'GET /drain': { drained: true, since: EVIL, seen: [{ at: EVIL, status: 200 }] },
    'GET /apps/api/maintenance': {
      maintenance: true,
      since: EVIL,
      stopped_since: EVIL,
      seen: [{ at: EVIL, status: 200 }],
    },
    'POST /apps/api/test-hook': { url: 'http://127.0.0.1:1', headers: {}, body: EVIL, key: EVIL },
    'DELETE /apps/api': { removed: [EVIL], kept: [EVIL] },
    'POST /hooks/api': { deployment, follow: { url: EVIL, token: EVIL } },
    'GET /deployments/d1': deployment,
    'GET /deployments/d1/events': (_request, response) =>
      response.end(
        events.map((each, n) => `id: ${n + 1}\ndata: ${JSON.stringify(each)}\n\n`).join(''),
      ),
    'GET /apps/refused': (_request, response) => {
      response.statusCode = 500
      const problem = { type: '', title: EVIL, status: 500, code: EVIL, detail: EVIL, hint: EVIL }
      response.end(JSON.stringify(problem))
    },
  })
})
afterAll(() => receiver.close())

const COMMANDS: readonly (readonly string[])[] = [
  ['status'],
  ['drain'],
  ['fleet'],
  ['status', 'api'],
  ['status', 'refused'],
  ['history', 'api'],
  ['tags', 'api'],
  ['audit'],
  ['show', 'd1'],
  ['stop', 'api'],
  ['start', 'api'],
  ['restart', 'api'],
  ['logs', 'api'],
  ['certificates'],
  ['plan', 'api'],
  ['doctor'],
  ['hook', 'api'],
  ['hook', 'api', '--test'],
  ['notify'],
  ['notify', 'test'],
  ['reload'],
  ['login-link'],
  ['remove', 'api'],
  ['maintenance', 'api'],
  ['deploy', 'api'],
  ['deploy', 'api', `1.0${EVIL}`],
  ['rollback', 'api'],
  ['status', EVIL],
  [EVIL],
  ['status', `--${EVIL}`],
]
/**
 * Print nothing of others, or are not to change it (`run`, `exec` and `compose` hand on what a command prints, and completion the names of
 * commands), or work on files of this machine, which have tests of their own.
 */
const OTHERS = [
  'serve',
  'check',
  'adopt',
  'run',
  'exec',
  'compose',
  'completion',
  'version',
  'init',
  'backup',
  'restore',
  'uninstall',
]

test('every command that prints what others wrote is in the table', async () => {
  const tried = COMMANDS.flatMap(([name = '']) => (/^[a-z-]+$/.test(name) ? name : []))
  const { commands } = await openProgram()
  expect([...new Set([...tried, ...OTHERS])].sort()).toEqual(
    commands.map((each) => each.name()).sort(),
  )
})

describe.for([undefined, 40])('on a terminal of %s columns', (columns) => {
  // what a pipe gets of a log is as it was printed
  const acted = COMMANDS.filter(([name]) => columns !== undefined || name !== 'logs')
  test.for(acted.flatMap((words) => [words, [...words, '--json']]))(
    'nothing that others wrote acts on it: %j',
    async (words) => {
      const { stdout, stderr } = await operate(
        ['--config', receiver.config, ...words],
        { FORCE_COLOR: '0' },
        columns,
      )
      expect(`${stdout}${stderr}`).not.toBe('')
      // a line of ours that is written anew
      const said = `${stdout}${stderr}`.replaceAll('\r\u001b[2K', '')
      expect(words[0] === 'logs' ? said.replaceAll('\t', '') : said).not.toMatch(
        /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u,
      )
    },
  )
})

test('a line of a log with another end of line in it is one line, a tab stays, and a pipe gets it as it is', async () => {
  const logs = (columns?: number) =>
    operate(['--config', receiver.config, 'logs', 'api'], { FORCE_COLOR: '0' }, columns)
  const piped = await logs()
  expect(piped.code).toBe(0)
  expect(piped.stdout.match(/^[12] \| /gm)).toHaveLength(2)
  expect(piped.stdout).toContain('\u2028')
  expect((await logs(80)).stdout).toMatch(/\\u2028[^\n]*\t/)
})

test('colours are for terminals, unless somebody says otherwise', async () => {
  const shown = async (env: Record<string, string>, columns?: number) =>
    (await operate(['--config', receiver.config, 'doctor'], env, columns)).stdout
  expect(await shown({ FORCE_COLOR: '1' })).toContain('\u001b[31mFAIL')
  expect(await shown({ FORCE_COLOR: '0' }, 80)).toContain('FAIL  ')
})
