const PLACE_BYTES = 1024
/** Of a place: a number, 0 while nothing is there, and the length of the text that follows. */
const HEAD_BYTES = 8
const NUMBERS_PER_PLACE = PLACE_BYTES / Int32Array.BYTES_PER_ELEMENT
const FIRST_PLACES = 64
/** What comes while so much is under way is not noted. */
const MOST_PLACES = 16_384
const MOST_NUMBER = 0x7fff_ffff

/** Memory for {@link notesIn}, which grows as it is needed. */
export const memoryOfNotes = (): SharedArrayBuffer =>
  new SharedArrayBuffer(FIRST_PLACES * PLACE_BYTES, { maxByteLength: MOST_PLACES * PLACE_BYTES })

/**
 * Notes what is under way where another thread sees it, also while this one stands still. That costs no message: a flood of
 * requests is noted twice each.
 */
export function notesIn(memory: SharedArrayBuffer): (what: string) => () => void {
  const numbers = new Int32Array(memory)
  const bytes = new Uint8Array(memory)
  const encoder = new TextEncoder()
  const free: number[] = []
  let places = 0
  let last = 0

  const placeFor = (): number | undefined => {
    const known = free.pop()
    if (known !== undefined) return known
    if (places === MOST_PLACES) return undefined
    if (places * PLACE_BYTES === memory.byteLength) memory.grow(memory.byteLength * 2)
    return places++
  }

  return (what) => {
    const place = placeFor()
    if (place === undefined) return () => {}
    const text = bytes.subarray(place * PLACE_BYTES + HEAD_BYTES, (place + 1) * PLACE_BYTES)
    const at = place * NUMBERS_PER_PLACE
    numbers[at + 1] = encoder.encodeInto(what, text).written
    last = (last % MOST_NUMBER) + 1
    Atomics.store(numbers, at, last)
    return () => {
      Atomics.store(numbers, at, 0)
      free.push(place)
    }
  }
}

/** What is under way by the notes of another thread, the newest first. */
export function readNotes(memory: SharedArrayBuffer, most: number): string[] {
  const numbers = new Int32Array(memory)
  const noted: { number: number; at: number }[] = []
  for (let at = 0; at < numbers.length; at += NUMBERS_PER_PLACE) {
    const number = Atomics.load(numbers, at)
    if (number > 0) noted.push({ number, at })
  }
  return noted
    .sort((one, other) => other.number - one.number)
    .slice(0, most)
    .map(({ at }) => {
      const begin = at * Int32Array.BYTES_PER_ELEMENT + HEAD_BYTES
      return Buffer.from(memory, begin, numbers[at + 1]).toString()
    })
}
