import { parseSigningKey, sign } from '../../../protocol/standard-webhooks.ts'
import type { News } from '../../core/notify/news.ts'

/**
 * As standardwebhooks.com has it: `{type, timestamp, data}`, signed over the id, the time and these very bytes. The id stays the same when it
 * is told again, the time is that of the attempt.
 */
export function webhookLetter({
  id,
  secret,
  content,
  nowSeconds,
}: {
  id: string
  secret: string
  content: { type: string; at: string; data: unknown }
  nowSeconds: number
}): { body: string; headers: Record<string, string> } {
  const { type, at, data } = content
  const body = JSON.stringify({ type, timestamp: at, data })
  const key = parseSigningKey(secret)
  const signature = sign({ key, id, timestamp: nowSeconds, body: Buffer.from(body) })
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(nowSeconds),
      'webhook-signature': signature,
    },
  }
}

/** `deployment.failed` with the deployment as every answer shows it, `preview.made`, `certificate.warning`, `disk.warning`. */
export function webhookContent(news: News, receiver: string) {
  const { at } = news
  if ('deployment' in news) {
    const { kind, deployment } = news
    return { type: `deployment.${kind}`, at, data: { receiver, deployment } }
  }
  if ('preview' in news) {
    const { became, ...preview } = news.preview
    return { type: `preview.${became}`, at, data: { receiver, ...preview } }
  }
  return { type: `${news.kind}.warning`, at, data: { receiver, ...news.warning } }
}
