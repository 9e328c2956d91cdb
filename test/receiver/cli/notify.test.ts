import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const WELL = {
  name: 'slack',
  kind: 'slack',
  waiting: 0,
  told_at: new Date().toISOString(),
  failing: null,
  dropped: 0,
  last_drop: null,
}
const at = '2026-01-01T00:00:00.000Z'
const FAILING = {
  ...WELL,
  name: 'pager',
  kind: 'webhook',
  waiting: 3,
  told_at: null,
  failing: { why: 'pager.example answered 500', at, since: at },
}
const DROPPED = { ...WELL, name: 'mail', dropped: 2, last_drop: { why: 'no such mailbox', at } }

let receiver: Awaited<ReturnType<typeof startAnswering>>
let targets: readonly object[]
let asked: string[]
beforeAll(async () => {
  receiver = await startAnswering({
    'GET /apps': { apps: [] },
    'GET /notify': (_request, response) => response.end(JSON.stringify({ targets })),
    'POST /notify/test': (request, response) => {
      asked.push(request.url ?? '')
      response.end(JSON.stringify({ targets }))
    },
  })
})
afterAll(() => receiver.close())
beforeEach(() => {
  asked = []
})
const run = (...words: string[]) => operate(['--config', receiver.config, ...words])

test('who hears of news is shown with what waits and why, and it ends with 1 when somebody does not', async () => {
  targets = [WELL, FAILING, DROPPED]
  const { code, stdout } = await run('notify')
  expect(code).toBe(1)
  expect(stdout).toMatch(/^slack +slack +\S.*0 +0 +-$/m)
  expect(stdout).toMatch(/^pager +webhook +- +3 +0 +pager\.example answered 500$/m)
  expect(stdout).toMatch(/^mail .* 2 +no such mailbox$/m)
  targets = [WELL]
  expect((await run('notify')).code).toBe(0)
  targets = []
  expect((await run('notify')).stdout).toContain('docs/notifications.md')
})

test('a test says what each answered, and ends with 1 when one was not told', async () => {
  targets = [{ name: 'slack', kind: 'slack', ok: true, answer: '200 ok' }]
  expect(await run('notify', 'test')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^slack +slack +told +200 ok$/m),
  })
  targets = [{ name: 'a b', kind: 'slack', ok: false, answer: 'x answered 404', hint: 'make one' }]
  expect(await run('notify', 'test', 'a b')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/not told +x answered 404/),
    stderr: 'a b: make one\n',
  })
  expect(asked).toEqual(['/notify/test', '/notify/test?target=a%20b'])
  expect(JSON.parse((await run('notify', 'test', '--json')).stdout)).toEqual(targets)
  expect((await run('notify', 'tset')).code).toBe(2)
})

test('a status says who was not told', async () => {
  targets = [WELL, FAILING, DROPPED]
  const { stdout } = await run('status')
  expect(stdout).toMatch(/^pager: 3 not told: pager\.example answered 500; deploy-receiver notify/m)
  expect(stdout).toMatch(/^mail: 2 dropped within a week, .*: no such mailbox; deploy-receiver/m)
  expect(stdout).not.toContain('slack')
})
