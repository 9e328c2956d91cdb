import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { DECOY, readCredentials } from '../../../../receiver/http/auth/authenticate.ts'
import { Rejected } from '../../../../receiver/http/auth/authentic.ts'

const BODY = new TextEncoder().encode('{}')
const NOW = 1_770_000_000

/** What happens to credentials of an app that does not exist. */
const verify = (headers: Record<string, string>) =>
  readCredentials(new Headers(headers), {
    nowSeconds: NOW,
    verifyToken: async () => {
      throw new Error('no issuer is asked')
    },
  }).verify(BODY, {
    name: 'nothing',
    hookUrl: 'https://deploy.example.com/hooks/nothing',
    credentials: DECOY,
  })

const signature = Buffer.alloc(32, 1).toString('base64')
const basic = (password: string) => ({
  authorization: `Basic ${Buffer.from(`nothing:${password}`).toString('base64')}`,
})

test.each([
  ['Basic', 'the password is not a token of the app', basic('x'.repeat(30))],
  [
    'Standard Webhooks',
    'no signature fits any key',
    {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(NOW),
      'webhook-signature': `v1,${signature}`,
    },
  ],
  [
    'GitHub',
    'X-Hub-Signature-256 fits no secret of the app',
    { 'x-hub-signature-256': `sha256=${'a'.repeat(64)}` },
  ],
])(
  'for an app that does not exist %s is compared with a key, as for one that does',
  async (_kind, reason, headers) => {
    const error: unknown = await (async () => verify(headers))().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Rejected)
    expect((error as Rejected).message).toBe(reason)
  },
)

test('what an app that does not exist is compared with is a key like any other', async () => {
  const [token = ''] = DECOY.basic.tokens
  expect(await verify(basic(token))).toMatchObject({ sender: { kind: 'basic' }, mayDeploy: false })
  const hmac = createHmac('sha256', DECOY.github[0] ?? '')
    .update(BODY)
    .digest('hex')
  expect(await verify({ 'x-hub-signature-256': `sha256=${hmac}` })).toMatchObject({
    sender: { kind: 'github' },
  })
  expect(DECOY.webhookKeys.map(({ kind }) => kind)).toStrictEqual(['hmac'])
})

test('no issuer is asked for the keys of a token for an app that does not exist', async () => {
  const error: unknown = await (async () => verify({ authorization: 'Bearer a.b.c' }))().catch(
    (thrown: unknown) => thrown,
  )
  expect((error as Rejected).message).toBe('the app accepts no OIDC token')
})
