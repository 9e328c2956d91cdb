import { parseNetwork } from '../core/ip-address.ts'
import type { Config } from './config.ts'
import { warnOfProxies } from './exposure.ts'
import type { Field, Reader } from './reader.ts'
import { number } from './values.ts'

const LOOPBACK = ['127.0.0.0/8', '::1']

/** Proxies whose `X-Forwarded-For` is believed: by default those on the machine itself. */
export function readProxies(reader: Reader, field: Field | undefined): string[] {
  if (field === undefined) return LOOPBACK
  return reader.list(field).flatMap((item) => {
    const text = reader.text(item)
    if (text === undefined) return []
    const network = parseNetwork(text)
    if (network !== undefined) {
      warnOfProxies(reader, item, network)
      return [text]
    }
    reader.problem(
      item,
      `${JSON.stringify(text)} is not an address or network`,
      'write it like 127.0.0.1, 10.0.0.0/8 or fd00::/8',
    )
    return []
  })
}

/** How many rejected requests one client address may make. */
export function readRateLimit(reader: Reader, field: Field | undefined): Config['rateLimit'] {
  const keys = reader.mapping(field, ['burst', 'per_second'])
  return {
    burst: number(reader, keys.get('burst'), { min: 1 }) ?? 500,
    perSecond: number(reader, keys.get('per_second'), { min: 0.01, whole: false }) ?? 20,
  }
}
