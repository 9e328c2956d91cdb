import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { describe } from '../../../receiver/cli/show.ts'

const DIGEST = `sha256:${'1'.repeat(64)}`
const failed = {
  deployment: {
    id: 'dep_2',
    app: 'api',
    action: 'deploy' as const,
    status: 'failed' as const,
    image: { repository: 'ghcr.io/acme/api', tag: '1.4.2', digest: DIGEST },
    previous: { deployment: 'dep_1', digest: DIGEST },
    settings_of: 'dep_0',
    source: { repository: 'acme/api', ref: 'refs/heads/main', message: 'Fix\u001b[2J it\n\nbody' },
    created_at: '2026-03-01T12:00:00.000Z',
    started_at: '2026-03-01T12:00:01.000Z',
    finished_at: '2026-03-01T12:00:13.400Z',
    steps: [],
    error: {
      code: 'unhealthy',
      message:
        'api was not healthy within 20 s; last answer: GET /healthz answered 500: \u202eoops',
      hint: 'the log says why; apps.api.health sets path, headers, port and deadline',
      log: ['listening', '\u001b]0;owned\u0007oh no'],
    },
  },
  live: false,
  steps: [
    { name: 'pull', status: 'succeeded' as const, started_at: 'x', ms: 812, message: 'was there' },
    { name: 'health', status: 'failed' as const, started_at: 'x', ms: 20_000 },
  ],
  last_answer: 'GET /healthz answered 500',
  asked: {
    at: 'x',
    last_at: 'x',
    count: 1,
    sender: { kind: 'oidc' as const, claims: { sub: 's', repository: 'acme/api', actor: 'kim' } },
    address: '192.0.2.1',
    outcome: 'accepted' as const,
    request: 'deploy ghcr.io/acme/api:1.4.2',
  },
  superseded: 'dep_s',
  replaced_by: 'dep_3',
}

test('a deployment is told in lines of a terminal, with why it failed, and who asked', () => {
  expect(describe(failed, 80)).toBe(`dep_2  deploy of api: failed
  ${DIGEST}

  image     ghcr.io/acme/api:1.4.2
  created   2026-03-01T12:00:00Z
  over      2026-03-01T12:00:13Z, after 12.4 s
  asked by  oidc acme/api by kim, from 192.0.2.1
  asked     deploy ghcr.io/acme/api:1.4.2
  source    acme/api refs/heads/main
  message   Fix\\u001b[2J it
            body
  settings  those of dep_0; rights and secrets are the config’s
  before    dep_1 of sha256:111111111111
  in place  of dep_s, which was never run
  after     dep_3
  answer    GET /healthz answered 500

✓ pull        812 ms  was there
✗ health      20.0 s

  why     api was not healthy within 20 s; last answer: GET /healthz answered
          500: \\u202eoops (unhealthy)
  remedy  the log says why; apps.api.health sets path, headers, port and
          deadline

  | listening
  | \\u001b]0;owned\\u0007oh no`)
})

test.for([200, 80, 60, 40, 24])('on a terminal of %i columns no line is broken by it', (width) => {
  const lines = describe(failed, width).split('\n')
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width)
  expect(lines.join('\n')).toContain(width < 80 ? `  ${DIGEST.slice(0, 19)}\n` : `  ${DIGEST}\n`)
})
