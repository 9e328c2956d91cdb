import { existsSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

/** A client that drips its headers or its body is cut off. */
const HEADERS_MS = 5000
const REQUEST_MS = 15_000
/** Longer than Nginx keeps its idle connections, so that Nginx is the one who closes them. */
const KEEP_ALIVE_MS = 75_000

/** A TCP address or a Unix socket, with the key of the config that it comes from. */
export type Address =
  { key: 'listen' | 'admin'; host: string; port: number } | { key: 'socket'; path: string }

/** What answers; while it is still made, requests wait for it. */
type Answering = Pick<Hono, 'fetch'> | Promise<Pick<Hono, 'fetch'>>

/** Serves an app at each of these addresses, or at none: throws what `listen` throws, with all that was opened closed again. */
export async function listenOnAll(
  places: readonly (readonly [app: Answering, address: Address])[],
): Promise<Server[]> {
  const open: Server[] = []
  try {
    for (const [app, address] of places) open.push(await listen(app, address))
  } catch (error) {
    await Promise.all(open.map(close))
    throw error
  }
  return open
}

/** Serves an app at an address; a Unix socket has mode 0600 by the umask. Throws an error that names the address and its key. */
export async function listen(app: Answering, address: Address): Promise<Server> {
  const server = createAdaptorServer({
    fetch: async (request, bindings) => (await app).fetch(request, bindings),
    serverOptions: {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
    },
  }) as Server
  if ('path' in address) await removeStale(address.path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, address)))
    server.listen(address, resolve)
  })
  return server
}

export async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

/** A socket file outlives a killed process; one that nobody listens on is in the way. */
async function removeStale(path: string): Promise<void> {
  if (!existsSync(path)) return
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
  if (!alive) unlinkSync(path)
}

function explain(error: NodeJS.ErrnoException, address: Address): Error {
  const where = 'path' in address ? address.path : `${address.host}:${address.port}`
  return new Error(`${address.key}: ${where} ${whyNot(error, address)}`, { cause: error })
}

function whyNot({ code, message }: NodeJS.ErrnoException, address: Address): string {
  if (code === 'EADDRINUSE') {
    return 'is in use: another receiver may run here (ss -l shows what holds it); stop that, or give this one an address of its own'
  }
  // libuv says EACCES for this, too
  if ('path' in address && !existsSync(dirname(address.path))) {
    return 'is in a directory that does not exist: create it, or choose another path'
  }
  return code === 'EACCES'
    ? `is not allowed for this user: ${'path' in address ? `run with sudo, or give the folder to the user: sudo chown USER ${dirname(address.path)}` : 'ports below 1024 are for root: run with sudo, or choose a port above'}`
    : `failed: ${message}`
}
