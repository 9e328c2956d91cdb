import * as v from 'valibot'
import { SIGNALS, type Typed } from './terminal.ts'

/** The protocol that a connection to the local socket is upgraded to: frames of a type, a length (big endian) and a payload. */
export const TERMINAL_PROTOCOL = 'deploy-receiver-terminal'

const TYPES = ['order', 'input', 'end', 'control', 'stdout', 'stderr', 'exit', 'failed'] as const
export type FrameType = (typeof TYPES)[number]

export interface Frame {
  type: FrameType
  payload: Uint8Array
}

const HEADER_BYTES = 5
/** What is longer is sent in several. */
export const MOST_BYTES = 256 * 1024

const Size = v.object({
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
  columns: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
})

/** What is to run, and where. */
export const Order = v.object({
  kind: v.picklist(['run', 'exec']),
  app: v.string(),
  command: v.pipe(v.array(v.string()), v.minLength(1)),
  /** Of `exec`; the first unless it is said. */
  replica: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  tty: v.boolean(),
  size: v.optional(Size),
})
export type Order = v.InferOutput<typeof Order>

const Control = v.variant('kind', [
  v.object({ kind: v.literal('resize'), ...Size.entries }),
  v.object({ kind: v.literal('signal'), signal: v.picklist(SIGNALS) }),
])

/** How a command ended. */
export const Exit = v.object({ exitCode: v.number() })
/** Why it did not run to its end. */
export const Failed = v.object({ detail: v.string(), hint: v.optional(v.string()) })

export function frame(
  type: FrameType,
  payload: Uint8Array | object = new Uint8Array(),
): Uint8Array {
  const bytes =
    payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload))
  const whole = new Uint8Array(HEADER_BYTES + bytes.byteLength)
  whole[0] = TYPES.indexOf(type)
  new DataView(whole.buffer).setUint32(1, bytes.byteLength)
  whole.set(bytes, HEADER_BYTES)
  return whole
}

/** The frames of a connection, one at a time. Throws at what is none, or too long. */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let held = new Uint8Array()
  for await (const chunk of chunks) {
    const joined = new Uint8Array(held.byteLength + chunk.byteLength)
    joined.set(held)
    joined.set(chunk, held.byteLength)
    let from = 0
    while (joined.byteLength - from >= HEADER_BYTES) {
      const type = TYPES[joined[from] ?? TYPES.length]
      const length = new DataView(joined.buffer, from).getUint32(1)
      if (type === undefined || length > MOST_BYTES) throw new Error('that is no frame')
      const end = from + HEADER_BYTES + length
      if (end > joined.byteLength) break
      yield { type, payload: joined.slice(from + HEADER_BYTES, end) }
      from = end
    }
    held = joined.slice(from)
  }
}

/** What is said in a frame of JSON. Throws when it is something else. */
export const read = <Schema extends v.GenericSchema>(
  schema: Schema,
  { payload }: Frame,
): v.InferOutput<Schema> => v.parse(schema, JSON.parse(new TextDecoder().decode(payload)))

/** What whoever ordered a command sends it. Throws at what only the other side says. */
export async function* typedOf(frames: AsyncIterable<Frame>): AsyncGenerator<Typed> {
  for await (const each of frames) {
    if (each.type === 'input') yield { kind: 'input', bytes: each.payload }
    else if (each.type === 'end') yield { kind: 'end' }
    else if (each.type === 'control') yield read(Control, each)
    else throw new Error(`a frame of the type ${each.type} is not for the receiver`)
  }
}
