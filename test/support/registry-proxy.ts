import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers instead of the registry; returns `false` to let the request through. */
export type Interfere = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>

export interface RegistryProxy {
  /** `127.0.0.1:PORT`, as it stands in image references. */
  host: string
  /** What befalls requests from now on; nothing without one. */
  interfere(by?: Interfere): void
  stop(): Promise<void>
}

/** Answers with this, as registries do. */
export const answers =
  (status: number, body: object, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body))
    return true
  }
/** A registry's own form of an error. */
export const error = (code: string, message: string) => ({ errors: [{ code, message }] })

/** Stands between the engine and a registry. */
export async function startRegistryProxy(registry: string): Promise<RegistryProxy> {
  let interfere: Interfere | undefined
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing))
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if ((await interfere?.(incoming, outgoing)) === true) return
    const [hostname, port] = registry.split(':')
    const { url, method, headers } = incoming
    const asked = request({ hostname, port, path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    incoming.pipe(asked)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    interfere(by) {
      interfere = by
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
