import { createHash } from 'node:crypto'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const TEXT = 0x1
const CLOSE = 0x8
const PING = 0x9
const PONG = 0xa

/**
 * Takes an HTTP upgrade as a WebSocket (RFC 6455) and answers each text message with `reply(text)`. Enough for small,
 * unfragmented messages; an application would take a library. Returns nothing when the request is not one for a WebSocket.
 */
export function acceptWebSocket(request, socket, reply) {
  const key = request.headers['sec-websocket-key']
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    return undefined
  }
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n' +
      `sec-websocket-accept: ${accept}\r\n\r\n`,
  )
  let pending = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    for (let frame = readFrame(pending); frame !== undefined; frame = readFrame(pending)) {
      pending = pending.subarray(frame.size)
      if (frame.opcode === TEXT)
        socket.write(writeFrame(TEXT, Buffer.from(reply(frame.data.toString()))))
      if (frame.opcode === PING) socket.write(writeFrame(PONG, frame.data))
      if (frame.opcode === CLOSE) socket.end(writeFrame(CLOSE, frame.data))
    }
  })
  return {
    close(code, reason) {
      const status = Buffer.alloc(2)
      status.writeUInt16BE(code)
      socket.end(writeFrame(CLOSE, Buffer.concat([status, Buffer.from(reason)])))
    },
  }
}

/** The first whole frame of the bytes, unmasked; nothing while it is not all there. RFC 6455, section 5.2. */
function readFrame(bytes) {
  if (bytes.length < 2) return undefined
  const short = bytes[1] & 0x7f
  const start = short === 126 ? 4 : 2
  const length = short === 126 && bytes.length >= 4 ? bytes.readUInt16BE(2) : short
  const masked = (bytes[1] & 0x80) !== 0
  const size = start + (masked ? 4 : 0) + length
  if (bytes.length < size) return undefined
  const mask = masked ? bytes.subarray(start, start + 4) : Buffer.alloc(4)
  const data = Buffer.from(bytes.subarray(size - length, size)).map(
    (byte, at) => byte ^ mask[at % 4],
  )
  return { opcode: bytes[0] & 0x0f, data: Buffer.from(data), size }
}

function writeFrame(opcode, data) {
  const head =
    data.length < 126
      ? Buffer.from([0x80 | opcode, data.length])
      : Buffer.from([0x80 | opcode, 126, data.length >> 8, data.length & 0xff])
  return Buffer.concat([head, data])
}
