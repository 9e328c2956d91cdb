import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { onTestFinished } from 'vitest'

const CHUNK = Buffer.alloc(16 * 1024, ' ')
/** Where even this one gives up: whoever reads so much has no limit. */
const GIVE_UP_BYTES = 64 * 1024 * 1024

export interface EndlessServer {
  /** Or the path of its socket. */
  url: string
  /** Resolves when the connection of an answer is closed: to the bytes that were made for it, before any compression. */
  closed: Promise<number>
}

/** Answers every request without end, for as long as somebody reads. `gzip`: of 1 MiB on the wire come 1000; `socket`: on this path. */
export async function startEndless({
  status = 200,
  begins = '',
  gzip = false,
  socket,
}: {
  status?: number
  begins?: string
  gzip?: boolean
  socket?: string
} = {}): Promise<EndlessServer> {
  let heard = (_bytes: number) => {}
  const closed = new Promise<number>((resolve) => (heard = resolve))
  const server = createServer((_, response) => {
    let made = 0
    const source = new Readable({
      read() {
        made += CHUNK.byteLength
        this.push(made > GIVE_UP_BYTES ? null : made === CHUNK.byteLength ? start : CHUNK)
      },
    })
    const start = Buffer.concat([Buffer.from(begins), CHUNK])
    response.once('close', () => heard(made))
    response.writeHead(status, gzip ? { 'content-encoding': 'gzip' } : {})
    const ends = () => {}
    if (gzip) pipeline(source, createGzip(), response, ends)
    else pipeline(source, response, ends)
  })
  if (socket === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socket)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address() as AddressInfo | string
  return {
    url: typeof address === 'string' ? address : `http://127.0.0.1:${address.port}`,
    closed,
  }
}

/** More than any limit of an answer with what sockets, Node and zlib hold on the way. */
export const FAR_TOO_MUCH_BYTES = GIVE_UP_BYTES
