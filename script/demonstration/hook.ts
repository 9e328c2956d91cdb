import { createHash, type KeyObject, randomUUID, sign } from 'node:crypto'
import * as v from 'valibot'
import { Deployment } from '../../protocol/deployment.ts'
import type { Scene } from './scene.ts'

export interface HookAnswer {
  status: number
  /** Raw, for messages. */
  text: string
  /** Of a 200, 202, 409 or 422 about a deployment. */
  deployment?: Deployment
}

/** Posts a body as it stands to the app's hook. */
export async function postHook(
  { stack }: Scene,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<HookAnswer> {
  const response = await fetch(`${stack.url}/hooks/hello`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    signal: AbortSignal.timeout(280_000),
  })
  const text = await response.text()
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.object({ deployment: Deployment })),
    text,
  )
  return {
    status: response.status,
    text: text.trim(),
    ...(parsed.success && { deployment: parsed.output.deployment }),
  }
}

/** Standard Webhooks headers with an Ed25519 signature. */
export function webhookHeaders(body: string, key: KeyObject): Record<string, string> {
  const id = randomUUID()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = sign(null, Buffer.from(`${id}.${timestamp}.${body}`), key).toString('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1a,${signature}`,
  }
}

/** A token for just this body, as GitHub would issue it to a push to main. */
export async function oidcHeaders({ stack }: Scene, body: string): Promise<Record<string, string>> {
  const hash = createHash('sha256').update(body).digest('hex')
  const token = await stack.issuer.mint({}, `${stack.url}/hooks/hello#sha256=${hash}`)
  return { authorization: `Bearer ${token}` }
}
