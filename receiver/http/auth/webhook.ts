import { readHeaders, type SignedHeaders, verify } from '../../../protocol/standard-webhooks.ts'
import type { ReadHeaders } from '../arrival.ts'
import { type AppCredentials, type Authentic, Rejected } from './authentic.ts'

/** The headers of Standard Webhooks, in the right shape and in time. Throws `Rejected`. */
export function readWebhook(headers: ReadHeaders, nowSeconds: number): SignedHeaders {
  const signature = headers.get('webhook-signature') ?? undefined
  // two headers of one name arrive joined
  if (signature?.includes(', ') === true) throw new Rejected('webhook-signature came twice')
  const read = readHeaders(
    {
      id: headers.get('webhook-id') ?? undefined,
      timestamp: headers.get('webhook-timestamp') ?? undefined,
      signature,
    },
    nowSeconds,
  )
  if (!read.ok) throw new Rejected(read.reason)
  return read.headers
}

/** A body signed by one of the app's keys. Throws `Rejected`. */
export function verifyWebhook(
  headers: SignedHeaders,
  body: Uint8Array,
  {
    credentials: { webhookKeys, previews },
  }: { credentials: Pick<AppCredentials, 'webhookKeys' | 'previews'> },
): Authentic {
  const ofPreviews = previews?.webhookKeys ?? []
  const keys = [...webhookKeys, ...ofPreviews]
  if (keys.length === 0) throw new Rejected('the app accepts no Standard Webhooks signature')
  const result = verify(headers, body, keys)
  if (!result.ok) throw new Rejected(result.reason)
  return {
    sender: { kind: 'webhook', key: result.fingerprint },
    key: { kind: 'webhook', key: headers.id },
    signedAt: Number(headers.timestamp),
    says: 'orders',
    mayDeploy: true,
    ...(ofPreviews.some((key) => key.fingerprint === result.fingerprint)
      ? { previews: 'any', refused: 'its key is one of previews.auth, for previews alone' }
      : {}),
  }
}
