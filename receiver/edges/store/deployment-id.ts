import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const RANDOM_CHARACTERS = 10
/** Drawn for many ids at once: to ask for ten bytes costs as much as for a thousand. */
const drawn = Buffer.alloc(100 * RANDOM_CHARACTERS)
let used = drawn.length

/** `dep_` and 20 characters: 10 of time (milliseconds, so ids sort by age), 10 random. */
export function newDeploymentId(): string {
  let time = ''
  for (let rest = Date.now(); time.length < 10; rest = Math.floor(rest / 32)) {
    time = `${ALPHABET[rest % 32]}${time}`
  }
  if (used === drawn.length) {
    randomFillSync(drawn)
    used = 0
  }
  let random = ''
  for (const byte of drawn.subarray(used, used + RANDOM_CHARACTERS)) random += ALPHABET[byte % 32]
  used += RANDOM_CHARACTERS
  return `dep_${time}${random}`
}
