import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What came back over a connection. */
export interface Heard {
  text: string
  /** Of every answer, in order. */
  statuses: number[]
  /** Whether the other side ended the connection before we did. */
  closed: boolean
  /** From the first byte sent until the end, in milliseconds. */
  ms: number
}

/** For answers that nobody expects: those that are, come first. */
const QUIET_MS = 250
/** When the other side is not to say anything: it has this long to do so all the same. */
const SILENT_MS = 3000
/** Far more than a busy machine takes to answer. */
const DEADLINE_MS = 120_000

/**
 * Sends bytes over a connection of its own just as they are, and listens until the other side closes it, or has given
 * so many answers, by default one, and is quiet for a while then.
 */
export async function sendRaw(
  port: number,
  bytes: string | AsyncIterable<string>,
  { answers = 1 }: { answers?: number } = {},
): Promise<Heard> {
  const started = performance.now()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let heardAt = Infinity
  let closed = false
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    heardAt = performance.now()
  })
  socket.on('error', () => (closed = true))
  socket.on('end', () => (closed = true))
  socket.on('close', () => (closed = true))
  for await (const piece of typeof bytes === 'string' ? [bytes] : bytes) {
    if (closed) break
    socket.write(piece, 'latin1')
  }
  const sentAt = performance.now()
  const over = () => {
    const now = performance.now()
    if (closed || now - sentAt > DEADLINE_MS) return true
    if (answers === 0) return now - sentAt > SILENT_MS
    return statusesOf(text).length >= answers && now - heardAt > QUIET_MS
  }
  while (!over()) await pause(5)
  socket.destroy()
  return {
    text,
    statuses: statusesOf(text),
    closed,
    ms: performance.now() - started,
  }
}

const statusesOf = (text: string) =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status))
