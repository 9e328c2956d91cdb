/** A message of gRPC, not compressed. */
export function frame(message: string | Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, Buffer.from(message)])
}

/** The messages that a body is made of. Throws when the last one is not whole. */
export function messagesIn(body: Buffer): string[] {
  if (body.length === 0) return []
  const end = body.length < 5 ? Infinity : 5 + body.readUInt32BE(1)
  if (end > body.length) throw new Error(`a message was cut off after ${body.length} bytes`)
  return [body.subarray(5, end).toString(), ...messagesIn(body.subarray(end))]
}
