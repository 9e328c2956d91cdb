import { mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import type { Config } from '../config/config.ts'
import { DEFAULT_SOCKET } from '../config/socket.ts'
import { createEntrance, type Services } from '../http/app.ts'
import { createTerminal } from '../http/admin/terminal.ts'
import { close, listenOnAll } from '../http/listen.ts'

/** The addresses of a receiver. Who has them is the one that runs with this config. */
export interface Addresses {
  servers: readonly Server[]
  /** From now on requests are answered; those that came before have waited. */
  answer(services: Services): void
  /** Takes no more requests, and lets those under way end. */
  close(): Promise<void>
  /** Gives them up at once. */
  drop(): void
}

/** Takes all addresses of a config, before anything else is touched. Throws an error that names the address that is taken. */
export async function takeAddresses({
  listen,
  socket,
  admin,
}: Pick<Config, 'listen' | 'socket' | 'admin'>): Promise<Addresses> {
  process.umask(0o077)
  // /run is empty after each start of the machine; a folder of another choice is the administrator's to make
  if (socket === DEFAULT_SOCKET) mkdirSync(dirname(socket), { recursive: true })
  const ready = Promise.withResolvers<Services>()
  const app = (address: 'public' | 'socket' | 'admin') =>
    ready.promise.then((services) => createEntrance(services, address))
  const servers = await listenOnAll([
    [app('public'), { key: 'listen', ...listen }],
    [app('socket'), { key: 'socket', path: socket }],
    [app('admin'), { key: 'admin', ...admin }],
  ])
  return {
    servers,
    answer(services) {
      // only who may use the socket has a terminal
      const [, local] = servers
      local?.on('upgrade', createTerminal(services))
      ready.resolve(services)
    },
    close: async () => void (await Promise.all(servers.map((server) => close(server)))),
    drop() {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}
