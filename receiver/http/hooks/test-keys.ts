import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { parseVerifyingKey, sign, type VerifyingKey } from '../../../protocol/standard-webhooks.ts'

/** A signed hook that is a test: whoever has it can send it, and nothing else. */
export interface SignedTest {
  url: string
  headers: Record<string, string>
  body: string
  /** Fingerprint of its key, as the audit trail has it. */
  key: string
}

/** Keys that are made for one test each, and are good for hooks with `test: true` alone. */
export interface TestKeys {
  sign(app: string, url: string): SignedTest
  /** That of the app's last test, as long as it is good. */
  of(app: string): VerifyingKey | undefined
}

const GOOD_SECONDS = 60
const RAW_KEY_BYTES = 32

export function createTestKeys(nowSeconds: () => number): TestKeys {
  const keys = new Map<string, { key: VerifyingKey; until: number }>()
  return {
    sign(app, url) {
      // the private half is gone when this returns
      const { publicKey, privateKey } = generateKeyPairSync('ed25519')
      const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES)
      const key = parseVerifyingKey(`whpk_${raw.toString('base64')}`)
      const timestamp = nowSeconds()
      keys.set(app, { key, until: timestamp + GOOD_SECONDS })
      const [id, body] = [`test_${randomUUID()}`, JSON.stringify({ test: true })]
      const signature = sign({
        key: { kind: 'ed25519', privateKey },
        id,
        timestamp,
        body: Buffer.from(body),
      })
      return {
        url,
        body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        },
        key: key.fingerprint,
      }
    },
    of(app) {
      const known = keys.get(app)
      if (known === undefined || known.until >= nowSeconds()) return known?.key
      keys.delete(app)
      return undefined
    },
  }
}
