import { createServer } from 'node:http'
import { acceptWebSocket } from './websocket.js'

const version = process.env.VERSION ?? 'dev'
const commit = process.env.COMMIT ?? 'unknown'
const port = Number(process.env.PORT ?? 8000)
// an image built with BROKEN=1 never becomes healthy, to show what a deployment does then
const broken = process.env.BROKEN === '1'
const sockets = new Set()
const streams = new Set()
let stopping = false

const server = createServer((request, response) => {
  response.once('close', () => stopping && setImmediate(() => server.closeIdleConnections()))
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hello')
  if (pathname === '/healthz') return health(response)
  if (pathname === '/slow') return slow(response, Number(searchParams.get('ms') ?? 3000))
  if (pathname === '/events') return events(response)
  if (request.method === 'POST') return received(request, response)
  return json(response, 200, { version, commit, hostname: process.env.HOSTNAME })
})

server.on('upgrade', (request, socket) => {
  const client = acceptWebSocket(request, socket, (text) => `${version}: ${text}`)
  if (client === undefined) return
  sockets.add(client)
  socket.once('close', () => sockets.delete(client))
})

server.listen(port, () => console.log(`hello ${version} (${commit}) listens on port ${port}`))

// Docker says SIGTERM when the container is to go: answer what is under way, end streams, say goodbye to WebSockets
process.on('SIGTERM', () => {
  console.log(`hello ${version} stops: ${sockets.size} WebSockets open`)
  stopping = true
  server.close(() => process.exit(0))
  for (const response of streams) response.end()
  for (const client of sockets) client.close(1001, 'the server is going away')
})

function health(response) {
  if (!broken) return json(response, 200, { status: 'ok', version })
  console.error('cannot reach the database at db.internal:5432: connection refused')
  return json(response, 503, { status: 'unavailable', reason: 'no connection to the database' })
}

/** Answers in ten pieces over `ms` milliseconds. */
function slow(response, ms) {
  response.writeHead(200, { 'content-type': 'text/plain' })
  let left = 10
  const timer = setInterval(() => {
    left -= 1
    if (left > 0) return response.write(`${version} is still at work\n`)
    clearInterval(timer)
    response.end(`${version} done\n`)
  }, ms / 10)
  response.once('close', () => clearInterval(timer))
}

/** Server-sent events, four a second, until one side has enough. */
function events(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const timer = setInterval(() => response.write(`data: ${version}\n\n`), 250)
  streams.add(response)
  response.once('close', () => {
    streams.delete(response)
    clearInterval(timer)
  })
}

function received(request, response) {
  let bytes = 0
  request.on('data', (chunk) => (bytes += chunk.length))
  request.once('end', () => json(response, 200, { version, commit, received: bytes }))
}

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
