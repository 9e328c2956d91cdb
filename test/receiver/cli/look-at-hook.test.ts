import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startAnswering } from '../../support/answering.ts'
import { operate } from '../../support/operator.ts'

const entry = (more: object) => ({
  app: 'api',
  last_at: new Date(Date.now() + 60_000).toISOString(),
  sender: { kind: 'webhook' },
  ...more,
})

/** What `hook api --test` shows, with `listener` where the URL leads. */
async function tested(
  listener: RequestListener | undefined,
  entries: object[],
  accepts: string[] = ['oidc'],
) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  if (listener === undefined) server.close()
  const { config, close } = await startAnswering({
    'GET /apps/api': { accepts },
    'POST /apps/api/test-hook': {
      url: `http://127.0.0.1:${port}/hooks/api`,
      headers: { 'webhook-id': 'test_1' },
      body: '{"test":true}',
      key: 'abc',
    },
    'GET /audit': { entries },
  })
  onTestFinished(() => {
    close()
    server.closeAllConnections()
    server.close()
  })
  const env = { FORCE_COLOR: '0' }
  const { code, stdout } = await operate(['hook', 'api', '--test', '--config', config], env)
  return { code, shown: stdout.replaceAll(String(port), 'PORT').trimEnd().split('\n') }
}

const answering =
  (status: number, text = '{}'): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(text)

test('a hook that arrives shows what each check found', async () => {
  const found = entry({
    outcome: 'ignored',
    address: '203.0.113.9',
    sender: { kind: 'webhook', key: 'abc' },
    reason: 'a test: redeploy would be accepted',
  })
  expect(await tested(answering(200), [found])).toEqual({
    code: 0,
    shown: [
      'ok    public URL  http://127.0.0.1:PORT/hooks/api answers: 200',
      'ok    receiver    was reached, from 203.0.113.9',
      'ok    signature   fits, by a key that was made for this test alone',
      'ok    hook        a test: redeploy would be accepted',
      'ok    senders     oidc: their own keys and claims are tried by their first hook',
    ],
  })
})

test.for([
  ['nothing listens', undefined, [], /^FAIL {2}public URL {2}\S+ does not answer: /, /start Nginx/],
  [
    'something else answers',
    answering(404, '<html>nginx'),
    [],
    /^FAIL {2}receiver .*something else answered 404, "<html>nginx"/,
    /have Nginx pass the host/,
  ],
  [
    'the signature does not fit',
    answering(401),
    [entry({ outcome: 'rejected', reason: 'no signature fits any key' })],
    /^FAIL {2}signature {2} was not accepted \(401\): no signature fits any key/,
    /leave the body, the path and the headers/,
  ],
] as const)(
  'of a hook that does not it says why: %s',
  async ([, listener, entries, why, remedy]) => {
    const { code, shown } = await tested(listener, [...entries])
    expect(code).toBe(1)
    expect(shown).toContainEqual(expect.stringMatching(why))
    expect(shown).toContainEqual(expect.stringMatching(remedy))
  },
)

test('an app that takes no hooks from elsewhere is warned of', async () => {
  const found = entry({ outcome: 'ignored', sender: { kind: 'webhook', key: 'abc' } })
  const { code, shown } = await tested(answering(200), [found], [])
  expect(code).toBe(0)
  expect(shown).toContainEqual(expect.stringMatching(/^warn {2}senders +nobody: api takes hooks/))
})
