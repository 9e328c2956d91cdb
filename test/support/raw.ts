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

const QUIET_MS = 250

/**
 * Sends bytes over a connection of its own just as they are, and listens until the other side closes it, or has said
 * something and is quiet for a while, or `deadlineMs` passed.
 */
export async function sendRaw(
  port: number,
  bytes: string | AsyncIterable<string>,
  { deadlineMs = 3000 }: { deadlineMs?: number } = {},
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
  const over = () =>
    closed || performance.now() - started > deadlineMs || performance.now() - heardAt > QUIET_MS
  for await (const piece of typeof bytes === 'string' ? [bytes] : bytes) {
    if (closed) break
    socket.write(piece, 'latin1')
  }
  while (!over()) await pause(5)
  socket.destroy()
  return {
    text,
    statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status)),
    closed,
    ms: performance.now() - started,
  }
}
