import { execFileSync } from 'node:child_process'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeployError } from '../../../receiver/core/errors.ts'
import type { LogLevel } from '../../../receiver/core/log.ts'
import { createRedactor } from '../../../receiver/core/redaction/redactor.ts'
import { createLog, inOneWrite } from '../../../receiver/serve/log.ts'
import { forPeople } from '../../../receiver/serve/log-for-people.ts'

beforeEach(() => {
  vi.stubEnv('NO_COLOR', '1')
  vi.stubEnv('TZ', 'UTC')
})
afterEach(() => vi.unstubAllEnvs())

const redactor = createRedactor({ common: [{ name: 'KEY', value: 'correct-horse' }], apps: {} })

/** What a terminal shows of a line, without its time. */
function shown(level: LogLevel, message: string, details: object = {}): string {
  let text = ''
  const sink = (line: string) => void (text = forPeople(line))
  createLog(redactor, { sink, least: () => 'debug' })(level, message, details)
  return text.replace(/^\d\d:\d\d:\d\d /, '')
}

test.for<[LogLevel, string, object, string]>([
  [
    'info',
    'ready',
    { listen: '127.0.0.1:9080', apps: 2 },
    'info  ready  listen=127.0.0.1:9080  apps=2',
  ],
  [
    'info',
    'pull done in 812 ms',
    { app: 'api', deployment: 'dep_1', request_id: 'abc', detail: '3 MB', step: 'pull', ms: 812 },
    'info  api dep_1 pull done in 812 ms: 3 MB  request_id=abc',
  ],
  [
    'warn',
    'hook rejected',
    {
      app: 'api',
      address: '192.0.2.7',
      sender: { kind: 'oidc', claims: { sub: 's', repository: 'acme/api', ref: 'refs/heads/x' } },
      reason: 'its ref is not allowed',
    },
    'warn  api hook rejected: its ref is not allowed  by="oidc acme/api refs/heads/x"  address=192.0.2.7',
  ],
  [
    'error',
    'deployment failed after 5.0 s',
    { app: 'api', code: 'unhealthy', reason: 'it answered 503', hint: 'look at it' },
    'error api deployment failed after 5.0 s: it answered 503  code=unhealthy\n               look at it',
  ],
  [
    'warn',
    'the app could not be looked after',
    { app: 'api', error: new DeployError('engine_unreachable', 'no answer', { hint: 'start it' }) },
    'warn  api the app could not be looked after: no answer  code=engine_unreachable\n               start it',
  ],
  [
    'debug',
    'a\u001b[2J\nb',
    { reason: '\u202ex\r\n12:00:00 info  y', ['k\u0007']: ['\u009b1m', 'correct-horse'] },
    'debug a\\u001b[2J\\u000ab: \\u202ex\\u000d  k\\u0007=["\\\\u009b1m","[KEY]"]\n               12:00:00 info  y',
  ],
])('a line for people: %s %s', ([level, message, details, expected]) => {
  expect(shown(level, message, details)).toBe(expected)
})

test('what nobody foresaw says where, below the line, and no long text fills the terminal', () => {
  const [first, second, third] = shown('error', 'a request failed', {
    path: '/x',
    error: new TypeError('a defect'),
  }).split('\n')
  expect(first).toBe('error a request failed: a defect  path=/x')
  expect([second, third].join()).toMatch(/at .*log\.test\.ts/)
  expect(shown('info', 'x', { reason: 'y'.repeat(5000) }).length).toBeLessThan(500)
})

test('what weighs less than is wanted is left out, and another wish is taken at once', () => {
  const lines: string[] = []
  let least: LogLevel = 'warn'
  const log = createLog(redactor, {
    sink: (_, level) => void lines.push(level),
    least: () => least,
  })
  const all = () => (['debug', 'info', 'warn', 'error'] as const).map((level) => log(level, 'x'))
  all()
  least = 'debug'
  all()
  expect(lines).toEqual(['warn', 'error', 'debug', 'info', 'warn', 'error'])
})

test('lines of the same moment are one write, an error is written as it comes', async () => {
  const writes: string[] = []
  const sink = inOneWrite((lines) => void writes.push(lines))
  for (let line = 1; line <= 16; line++) sink(`${line}\n`, 'info')
  expect(writes).toEqual([])
  await Promise.resolve()
  expect(writes).toEqual([Array.from({ length: 16 }, (_, at) => `${at + 1}\n`).join('')])
  sink('before\n', 'info')
  sink('failed\n', 'error')
  expect(writes.slice(1)).toEqual(['before\nfailed\n'])
  sink('x'.repeat(70_000), 'info')
  expect(writes).toHaveLength(3)
})

test.each(['process.exit(0)', 'throw new Error()', 'Promise.reject(new Error())'])(
  'with %s no line is lost',
  (end) => {
    const script = `
      import { openSink } from './receiver/serve/log.ts'
      const sink = await openSink({})
      setImmediate(() => {
        for (let line = 0; line < 1000; line++) sink('a line\\n', 'info')
        ${end}
      })`
    const lines = execFileSync(
      'sh',
      ['-c', `"$0" --input-type=module -e "$1" || true`, process.execPath, script],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    )
    expect(lines).toBe('a line\n'.repeat(1000))
  },
)

test('a disk that is full ends nothing', () => {
  const script = `
    import { openSink } from './receiver/serve/log.ts'
    const sink = await openSink({})
    sink('a line\\n', 'info')
    await new Promise((resolve) => setImmediate(resolve))
    sink('failed\\n', 'error')
    process.stderr.write('it goes on')`
  const said = execFileSync(
    'sh',
    ['-c', `"$0" --input-type=module -e "$1" 2>&1 >/dev/full`, process.execPath, script],
    { encoding: 'utf8' },
  )
  expect(said).toBe('it goes on')
})
