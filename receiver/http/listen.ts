import { existsSync, unlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Gate } from './hooks/gate.ts'

/** Milliseconds. A client that drips its headers or its body is cut off. */
const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 15_000,
  // longer than Nginx keeps its idle connections, so that Nginx is the one who closes them
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
}

/** A TCP address or a Unix socket, with the key of the config that it comes from. */
export type Address =
  { key: 'listen' | 'admin'; host: string; port: number } | { key: 'socket'; path: string }

/** What answers, and what stands before it. */
export type Answering = Pick<Hono, 'fetch'> & { gate?: Gate }
/** While it is still made, requests wait for it. */
type Awaited = Answering | Promise<Answering>

/** Serves an app at each of these addresses, or at none: throws what `listen` throws, with all that was opened closed again. */
export async function listenOnAll(
  places: readonly (readonly [app: Awaited, address: Address])[],
): Promise<Server[]> {
  const open: Server[] = []
  try {
    for (const [app, address] of places) open.push(await listen(app, address))
  } catch (error) {
    await Promise.all(open.map((server) => close(server)))
    throw error
  }
  return open
}

/** Serves an app at an address; a Unix socket has mode 0600 by the umask. Throws an error that names the address and its key. */
export async function listen(app: Awaited, address: Address): Promise<Server> {
  let ready: Answering | undefined
  const awaited = Promise.resolve(app).then((made) => (ready = made))
  const answer = getRequestListener(
    (request, bindings) =>
      ready?.fetch(request, bindings) ?? awaited.then(({ fetch }) => fetch(request, bindings)),
  )
  const server = createServer(LIMITS, (incoming, outgoing) => {
    const pass = () => {
      void answer(incoming, outgoing)
      // who went while the gate looked is to be waited for by nobody: only from now on there is somebody to hear of it
      if (outgoing.closed) outgoing.emit('close')
    }
    if (ready?.gate === undefined) pass()
    else ready.gate(incoming, outgoing, pass)
  })
  if ('path' in address) await removeStale(address.path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, address)))
    server.listen(address, resolve)
  })
  return server
}

/** Resolves when all that is under way was answered. Whoever does not read his answer is not waited for. */
export async function close(server: Server, { patienceMs = 10_000 } = {}): Promise<void> {
  const impatient = setTimeout(() => server.closeAllConnections(), patienceMs)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
  clearTimeout(impatient)
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
