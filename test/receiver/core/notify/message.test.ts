import { expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { messageOf, trialMessage } from '../../../../receiver/core/notify/message.ts'
import { inBrief, kindsOf } from '../../../../receiver/core/notify/news.ts'

const AT = '2026-01-01T00:00:00.000Z'
const DEPLOYMENT: Deployment = {
  id: 'dep_1',
  app: 'api',
  action: 'deploy',
  status: 'failed',
  image: { repository: 'ghcr.io/acme/api', tag: '1.4', digest: `sha256:${'a'.repeat(64)}` },
  source: { sha: 'b'.repeat(40), message: 'Fix it\n\nmore', actor: 'ada' },
  created_at: AT,
  steps: [{ name: 'pull', status: 'succeeded', started_at: AT, ms: 1500 }],
  error: { code: 'unhealthy', message: 'no answer', hint: 'look', log: ['one', 'two'] },
}
const FROM = { url: 'https://deploy.example.com', pageUrl: 'https://page.example.com' }

test('news of a failure say what, why, what to do, and where to look', () => {
  expect(messageOf({ kind: 'failed', at: AT, deployment: DEPLOYMENT }, FROM)).toEqual({
    title: 'api: deploy failed',
    tone: 'bad',
    reason: 'no answer',
    hint: 'look',
    facts: [
      { name: 'Image', value: 'ghcr.io/acme/api:1.4@sha256:aaaaaaaaaaaa' },
      { name: 'Commit', value: 'bbbbbbbbbbbb Fix it' },
      { name: 'By', value: 'ada' },
      { name: 'Took', value: '1.5 s' },
      { name: 'Deployment', value: 'dep_1' },
      { name: 'Receiver', value: 'deploy.example.com' },
    ],
    log: ['one', 'two'],
    links: [{ text: 'Deployment', url: 'https://page.example.com/page/deployments/dep_1' }],
  })
})

test.for([
  ['https://github.com/acme/api/actions/runs/1', true],
  ['http://github.com/acme/api', false],
  ['javascript:alert(1)', false],
  ['https://github.com/a|b', false],
  ['https://github.com/a)[x](https://evil.example', false],
  ['https://user@github.com/a', false],
  ['https://github.com/a>', false],
  [`https://github.com/${'a'.repeat(600)}`, false],
] as const)('a sender’s link %s is one: %s', ([url, isOne]) => {
  const deployment = { ...DEPLOYMENT, source: { run_url: url } }
  const { links } = messageOf({ kind: 'failed', at: AT, deployment }, { url: FROM.url })
  expect(links).toEqual(isOne ? [{ text: 'Run', url }] : [])
})

test('foreign text is short, and obeyed by no terminal and no reader of mails', () => {
  const long = `\u001b[2J\u202e\r\n${'x'.repeat(10_000)}`
  const deployment = inBrief({
    ...DEPLOYMENT,
    source: { message: long, actor: long, sha: long },
    error: { code: 'x', message: long, hint: long, log: Array.from({ length: 900 }, () => long) },
  })
  const message = messageOf({ kind: 'rolled_back', at: AT, deployment }, FROM)
  expect(JSON.stringify(message).length).toBeLessThan(8000)
  const texts = [message.title, message.reason, message.hint, ...message.log]
  for (const text of [...texts, ...message.facts.map(({ value }) => value)]) {
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
})

test('a warning and a test are messages, too', () => {
  const warning = {
    subject: 'disk',
    what: 'the disk of images',
    message: '1 GB left',
    hint: 'prune',
  }
  expect(messageOf({ kind: 'disk', at: AT, warning }, FROM)).toMatchObject({
    title: 'the disk of images needs somebody',
    tone: 'warning',
    reason: '1 GB left',
    hint: 'prune',
  })
  expect(trialMessage(FROM).title).toBe('deploy-receiver: this is a test')
})

const ended = (status: Deployment['status'], code?: string) =>
  code === undefined ? { status } : { status, error: { code, message: '' } }
test.for([
  [ended('failed', 'unhealthy'), undefined, ['failed']],
  [ended('failed', 'rolled_back'), undefined, ['rolled_back', 'failed']],
  [ended('failed', 'app_removed'), undefined, []],
  [ended('superseded'), ended('failed', 'unhealthy'), []],
  [ended('succeeded'), undefined, ['succeeded']],
  [ended('succeeded'), ended('succeeded'), ['succeeded']],
  [ended('succeeded'), ended('failed', 'rolled_back'), ['recovered', 'succeeded']],
  [ended('succeeded'), ended('failed', 'app_removed'), ['succeeded']],
] as const)('%j after %j is %j', ([now, before, kinds]) => {
  expect(kindsOf(now, before)).toEqual(kinds)
})
