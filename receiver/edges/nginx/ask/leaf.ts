import { createHash } from 'node:crypto'
import { doorsOf } from './doors.ts'
import { shakeHands } from './knock.ts'

/**
 * SHA-256 of the certificate that Nginx gives visitors of a name who come to this `listen` over TLS; `undefined` when it gives none, or
 * there is no way to it from here.
 */
export async function leafAt(listen: string, name: string): Promise<string | undefined> {
  const [door] = doorsOf(listen)
  if (door === undefined) return undefined
  const der = await shakeHands({ ...door, tls: true }, name).catch(() => undefined)
  return der === undefined ? undefined : createHash('sha256').update(der).digest('hex')
}
