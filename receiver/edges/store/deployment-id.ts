import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** `dep_` and 20 characters: 10 of time (milliseconds, so ids sort by age), 10 random. */
export function newDeploymentId(): string {
  let time = ''
  for (let rest = Date.now(); time.length < 10; rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32]}${time}`
  }
  const random = [...randomBytes(10)].map((byte) => ALPHABET[byte % 32]).join('')
  return `dep_${time}${random}`
}
