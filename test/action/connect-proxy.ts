import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'

/**
 * A proxy as companies have them, until the test ends. Whatever host is asked for, it goes on to `target`; without one it
 * takes every request and never answers. `asked` has the hosts, `opened` and `closed` resolve
 * when a client came and went.
 */
export const startProxy = async (target?: string) => {
  const asked: string[] = []
  const clients: Duplex[] = []
  let heardOpen = () => {}
  const opened = new Promise<void>((resolve) => (heardOpen = resolve))
  let heardClose = () => {}
  const closed = new Promise<void>((resolve) => (heardClose = resolve))
  const server = createServer()
  server.on('connect', (request, client: Duplex) => {
    asked.push(request.url ?? '')
    clients.push(client)
    heardOpen()
    client.on('error', () => {})
    client.once('close', heardClose)
    // HTTP servers leave a connection half open
    if (target === undefined) return client.resume().once('end', () => client.end())
    const { hostname, port } = new URL(target)
    const onward = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    onward.on('error', () => client.destroy())
    client.once('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked, opened, closed }
}
