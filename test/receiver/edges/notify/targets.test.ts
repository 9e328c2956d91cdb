import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { parseVerifyingKey, readHeaders, verify } from '../../../../protocol/standard-webhooks.ts'
import { DeliveryError } from '../../../../receiver/core/notify/delivery-error.ts'
import type { News } from '../../../../receiver/core/notify/news.ts'
import type { Target, Way } from '../../../../receiver/core/notify/target.ts'
import { createPost } from '../../../../receiver/edges/notify/post.ts'
import { tell } from '../../../../receiver/edges/notify/send.ts'
import { makeCertificates } from '../../../support/certificates.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../../../support/endless.ts'
import { startPosted } from '../../../support/posted.ts'

const SECRET = `whsec_${Buffer.alloc(24, 's').toString('base64')}`
const AT = '2026-01-01T00:00:00.000Z'
/** What means something to one of them, where it is not kept from it. */
const EVIL =
  '<!channel> <@U1> @everyone @here **b** *i* _u_ ~s~ `c` ```f``` [x](https://evil.example) <https://evil.example|x> # h\n- li > q || s || &amp; <at>you</at> {{DATE(2026)}} :smile: <t:1:R>'
const DEPLOYMENT: Deployment = {
  id: 'dep_1',
  app: 'api',
  action: 'deploy',
  status: 'failed',
  image: { repository: 'ghcr.io/acme/api', tag: '1' },
  source: { message: EVIL, actor: EVIL, run_url: 'https://github.com/acme/api/actions/runs/1' },
  created_at: AT,
  steps: [],
  error: { code: 'unhealthy', message: EVIL, hint: EVIL, log: [EVIL, '```'] },
}
const NEWS: News = { kind: 'failed', at: AT, deployment: DEPLOYMENT }
const FROM = { url: 'https://deploy.example.com' }
const NOW_MS = 1_767_225_600_000

let server: Awaited<ReturnType<typeof startPosted>>
beforeAll(async () => {
  server = await startPosted()
})
afterAll(() => server.close())
beforeEach(() => {
  server.posted.length = 0
  server.answer = (response) => response.end('ok')
})

const ending = () => AbortSignal.timeout(100_000)
const target = (way: Way, allowsPrivate = true): Target => ({
  name: 'x',
  way,
  on: ['failed'],
  allowsPrivate,
})
const tellAt = (kind: 'slack' | 'discord' | 'teams', url = `${server.url}/a-secret-path`) =>
  tell(
    target({ kind, url }),
    { id: 'msg_1', news: NEWS },
    { from: FROM, post: createPost({}) },
    ending(),
  )
const posted = () => JSON.parse(server.posted[0]?.body ?? '{}') as Record<string, never>
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DeliveryError)
  return error as DeliveryError
}
/** Every text of a JSON value, with where it stands. */
function textsOf(value: unknown, key = ''): [string, string][] {
  if (typeof value === 'string') return [[key, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([each, inner]) => textsOf(inner, each))
}

describe('foreign text means nothing', () => {
  test('to Slack: it stands in rich text alone, and in the text nothing is parsed', async () => {
    expect(await tellAt('slack')).toBe('200 ok')
    const { text, blocks } = posted() as unknown as { text: string; blocks: { type: string }[] }
    expect(text).toContain('&lt;!channel&gt; &lt;@\u200bU1&gt; @\u200beveryone')
    expect(text).not.toMatch(/[<>]|@(?!\u200b)/)
    expect(blocks.map(({ type }) => type)).toEqual(['rich_text'])
    const kinds = JSON.stringify(blocks).match(/"type":"[^"]*"/g)
    expect([...new Set(kinds)].sort()).toEqual(
      ['link', 'rich_text', 'rich_text_preformatted', 'rich_text_section', 'text'].map(
        (type) => `"type":"${type}"`,
      ),
    )
    expect(JSON.stringify(blocks)).toContain('<!channel>')
  })

  test('to Discord: nobody is mentioned, Markdown is escaped, and no log ends its block', async () => {
    server.answer = (response) => response.writeHead(204).end()
    expect(await tellAt('discord')).toBe('204')
    const { allowed_mentions: mentions, embeds } = posted() as unknown as {
      allowed_mentions: unknown
      embeds: { description: string; fields: { value: string }[] }[]
    }
    expect(mentions).toEqual({ parse: [] })
    const { description = '', fields = [] } = embeds[0] ?? {}
    const [words = '', block = '', rest] = description.split('```')
    expect(rest).toBe('')
    expect(block).not.toContain('`')
    const ours = words.replace('[Run](https://github.com/acme/api/actions/runs/1)', '')
    for (const each of [ours, ...fields.map(({ value }) => value)]) {
      expect(each.replace(/\\[^a-z]/g, '')).not.toMatch(/[*_~`|<>[\]()#@]/)
    }
    expect(description.length).toBeLessThan(4096)
  })

  test('to Teams: every text of others is a run, which has no Markdown', async () => {
    server.answer = (response) => response.writeHead(202).end()
    await tellAt('teams')
    const card = (
      posted() as unknown as { attachments: { content: { body: unknown; actions: unknown } }[] }
    ).attachments[0]?.content
    const kinds = textsOf(card?.body).filter(([key]) => key === 'type')
    expect([...new Set(kinds.map(([, kind]) => kind))].sort()).toEqual(['RichTextBlock', 'TextRun'])
    expect(JSON.stringify(card?.body)).toContain('<at>you</at>')
    expect(card?.actions).toEqual([
      { type: 'Action.OpenUrl', title: 'Run', url: 'https://github.com/acme/api/actions/runs/1' },
    ])
  })
})

test('a webhook gets what happened as it is, signed over these bytes', async () => {
  const way: Way = { kind: 'webhook', url: `${server.url}/hook`, secret: SECRET }
  const parts = { from: FROM, post: createPost({}), now: () => NOW_MS }
  await tell(target(way), { id: 'msg_1', news: NEWS }, parts, ending())
  const [{ body, headers } = { body: '', headers: {} as Record<string, string> }] = server.posted
  const read = readHeaders(
    {
      id: headers['webhook-id'] as string,
      timestamp: headers['webhook-timestamp'] as string,
      signature: headers['webhook-signature'] as string,
    },
    NOW_MS / 1000,
  )
  if (!read.ok) throw new Error(read.reason)
  expect(read.headers.id).toBe('msg_1')
  expect(verify(read.headers, Buffer.from(body), [parseVerifyingKey(SECRET)]).ok).toBe(true)
  expect(JSON.parse(body)).toEqual({
    type: 'deployment.failed',
    timestamp: AT,
    data: { receiver: FROM.url, deployment: DEPLOYMENT },
  })
})

describe('a target that does not take it', () => {
  test.for([
    [500, {}, false, undefined],
    [503, { 'retry-after': '7' }, false, 7000],
    [429, { 'retry-after': '30' }, false, 30_000],
    [404, {}, false, undefined],
    [400, {}, true, undefined],
    [302, { location: 'http://127.0.0.1:1/elsewhere' }, false, undefined],
  ] as const)(
    'answers %i %j: over for good %s',
    async ([status, headers, isFinal, retryAfterMs]) => {
      server.answer = (response) =>
        response.writeHead(status, { ...headers }).end('no\u001b[2J\nmore')
      const error = await refusal(tellAt('slack'))
      const { host } = new URL(server.url)
      expect(error).toMatchObject({ isFinal, retryAfterMs })
      expect(error.message).toBe(`${host} answered ${status}: no\\u001b[2J`)
      // it was asked once, and nobody else was
      expect(server.posted).toHaveLength(1)
    },
  )

  test('is given up when it is silent, and its address stands in no error', async () => {
    server.answer = () => {}
    const silent = new AbortController()
    const telling = tell(
      target({ kind: 'slack', url: `${server.url}/a-secret-path` }),
      { id: 'msg_1', news: NEWS },
      { from: FROM, post: createPost({}) },
      silent.signal,
    )
    await expect.poll(() => server.posted.length).toBe(1)
    silent.abort(new Error('late'))
    const error = await refusal(telling)
    expect(error.message).toBe(`${new URL(server.url).host} does not answer in time`)
    expect(error.isFinal).toBe(false)
  })

  test('is down', async () => {
    const gone = await startPosted()
    gone.close()
    const error = await refusal(tellAt('teams', `${gone.url}/a-secret-path`))
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/)
    expect(error.message).not.toContain('secret')
  })

  test('answers without end, of which the beginning is read', async () => {
    const endless = await startEndless({ begins: 'so much ' })
    expect((await tellAt('slack', endless.url)).length).toBeLessThan(300)
    expect(await endless.closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })
})

describe('an address', () => {
  test.for([
    ['http://127.0.0.1:1/', 'loopback'],
    ['http://localhost:1/', 'loopback'],
    ['http://[::1]:1/', 'loopback'],
    ['http://10.1.2.3/', 'private'],
    ['http://169.254.1.1/', 'link-local'],
    ['http://[::ffff:192.168.1.1]/', 'private'],
  ] as const)('%s is not asked, as it is %s, unless that is allowed', async ([url, kind]) => {
    const way: Way = { kind: 'slack', url }
    const telling = tell(
      target(way, false),
      { id: 'msg_1', news: NEWS },
      { from: FROM, post: createPost({}) },
      ending(),
    )
    const error = await refusal(telling)
    expect(error.message).toContain(`a ${kind} address`)
    expect(error.hint).toContain('allow_private: true')
  })

  test('of a cloud’s credentials is never asked', async () => {
    const url = 'http://169.254.169.254/latest/meta-data'
    expect((await refusal(tellAt('slack', url))).message).toContain('a metadata address')
  })

  test('is looked at when it is connected to: the name is asked for once, and what it stands for is refused', async () => {
    const asked: string[] = []
    const resolve = async (name: string) => {
      asked.push(name)
      return ['127.0.0.1']
    }
    const { port } = new URL(server.url)
    const telling = tell(
      target({ kind: 'slack', url: `http://rebound.example:${port}/` }, false),
      { id: 'msg_1', news: NEWS },
      { from: FROM, post: createPost({}, { resolve }) },
      ending(),
    )
    expect((await refusal(telling)).message).toContain(
      'it leads to rebound.example (127.0.0.1), a loopback address',
    )
    expect(server.posted).toEqual([])
    expect(asked).toEqual(['rebound.example'])
  })
})

describe('over TLS', () => {
  let dir: string
  let secure: typeof server
  let ca: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'notify-tls-'))
    const files = makeCertificates(dir, '127.0.0.1')
    ca = readFileSync(files.authority, 'utf8')
    secure = await startPosted({
      certificate: readFileSync(files.certificate, 'utf8'),
      key: readFileSync(files.key, 'utf8'),
    })
  })
  afterAll(() => {
    secure.close()
    rmSync(dir, { recursive: true })
  })

  const tellSecurely = (host: string, authority?: string) =>
    tell(
      target({ kind: 'slack', url: secure.url.replace('127.0.0.1', host) }),
      { id: 'msg_1', news: NEWS },
      {
        from: FROM,
        post: createPost(
          {},
          {
            resolve: async () => ['127.0.0.1'],
            ...(authority === undefined ? {} : { ca: authority }),
          },
        ),
      },
      ending(),
    )

  test('a certificate that somebody vouches for and that is for this name is taken, and no other', async () => {
    expect(await tellSecurely('127.0.0.1', ca)).toBe('200 ok')
    expect((await refusal(tellSecurely('127.0.0.1'))).message).toMatch(/certificate/)
    expect((await refusal(tellSecurely('hooks.example', ca))).message).toMatch(
      /^hooks\.example:\d+ cannot be reached: Hostname\/IP does not match/,
    )
    expect(secure.posted).toHaveLength(1)
  })
})

test('a target is told through the proxy of the environment, unless it is excepted', async () => {
  const asked: string[] = []
  const proxy = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('taken')
  }).on('connect', ({ url, headers }: IncomingMessage, client: Socket) => {
    asked.push(`CONNECT ${url} ${headers['proxy-authorization']}`)
    client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const env = { HTTP_PROXY: at, HTTPS_PROXY: `http://me:pass@${at}`, NO_PROXY: '.inside.test' }
  const post = (url: string, by: NodeJS.ProcessEnv = env) =>
    createPost(by)({ url, body: '{}', allowsPrivate: true }, ending())

  // the proxy resolves the name
  expect(await post('http://hooks.test/a-secret-path')).toBe('200 taken')
  const secure = await refusal(post('https://hooks.test/a-secret-path'))
  expect(secure.message).not.toContain('a-secret-path')
  const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`
  expect(asked).toEqual(['POST http://hooks.test/a-secret-path', `CONNECT hooks.test:443 ${basic}`])
  for (const url of ['http://a.inside.test/x', `${server.url}/x`]) await post(url).catch(() => {})
  expect(asked).toHaveLength(2)
  expect(server.posted).toHaveLength(1)
  const wrong = await refusal(post('https://hooks.test/x', { HTTPS_PROXY: 'socks5://proxy:1' }))
  expect(wrong.hint).toContain('HTTPS_PROXY')
  proxy.close()
  proxy.closeAllConnections()
})
