import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** What becomes of one request to the engine. */
export const FAULTS = [
  /** The receiver dies before the engine hears of it. */
  'kill-before',
  /** The engine acts, and the receiver dies before it hears so. */
  'kill-after',
  'answers-500',
  'answers-409',
  /** Nothing for a while, then the connection breaks. */
  'stalls',
  /** The connection breaks at once. */
  'resets',
  /** The engine acts, and its answer is cut in the middle. */
  'truncates',
  /** A pull says 200, and that it failed in a line of its answer. */
  'pull-error',
] as const
export type Fault = (typeof FAULTS)[number]

/** What reads changes nothing, so these two say nothing new of it. */
const ONLY_WRITES: ReadonlySet<Fault> = new Set(['kill-after', 'answers-409'])
const STALL_MS = 1500

export interface EngineProxy {
  /** What the n-th request was, when the fault struck. */
  struck(): string | undefined
  /** Lets the fault befall the n-th request that it fits from now on; none without one. */
  arm(plan?: { at: number; fault: Fault; kill: () => void }): void
  stop(): Promise<void>
}

/** Stands between the receiver and the engine's socket. */
export async function startEngineProxy(engine: string, socket: string): Promise<EngineProxy> {
  let count = 0
  let plan: Parameters<EngineProxy['arm']>[0]
  let struck: string | undefined

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => {})
    // the stream of events is silent for as long as nothing happens
    const fits =
      plan !== undefined && !incoming.url?.includes('/events') && isFor(plan.fault, incoming)
    if (fits) count++
    if (plan === undefined || !fits || count !== plan.at) return forward(engine, incoming, outgoing)
    struck = `${incoming.method} ${incoming.url?.split('?')[0]}`
    void strike(plan.fault, plan.kill, engine, incoming, outgoing)
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    struck: () => struck,
    arm(next) {
      count = 0
      struck = undefined
      plan = next
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isFor(fault: Fault, { method = '', url = '' }: IncomingMessage): boolean {
  if (fault === 'pull-error') return method === 'POST' && url.includes('/images/create')
  return method !== 'GET' || !ONLY_WRITES.has(fault)
}

async function strike(
  fault: Fault,
  kill: () => void,
  engine: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  switch (fault) {
    case 'kill-before':
      kill()
      return void incoming.socket.destroy()
    case 'kill-after':
      await acted(engine, incoming)
      kill()
      return void incoming.socket.destroy()
    case 'answers-500':
      return refuse(outgoing, 500, 'something is wrong with the engine')
    case 'answers-409':
      return refuse(outgoing, 409, 'there is a conflict')
    case 'stalls':
      await pause(STALL_MS)
      return void incoming.socket.destroy()
    case 'resets':
      return void incoming.socket.destroy()
    case 'truncates':
      await acted(engine, incoming)
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      outgoing.write('{"Id":"')
      await pause(20)
      return void incoming.socket.destroy()
    case 'pull-error':
      outgoing.writeHead(200, { 'content-type': 'application/json' })
      return void outgoing.end('{"status":"Pulling"}\r\n{"error":"unexpected EOF"}\r\n')
  }
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ message }))
}

const sendOn = (engine: string, incoming: IncomingMessage) =>
  request({
    socketPath: engine,
    method: incoming.method,
    path: incoming.url,
    headers: incoming.headers,
  })

function forward(engine: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const onward = sendOn(engine, incoming)
  onward.on('response', (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
    outgoing.flushHeaders()
    answer.pipe(outgoing)
    answer.on('error', () => outgoing.destroy())
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

/** Lets the engine do it to the end, and keeps its answer. */
const acted = (engine: string, incoming: IncomingMessage) =>
  new Promise<void>((resolve) => {
    const onward = sendOn(engine, incoming)
    onward.on('response', (answer) =>
      answer
        .on('end', resolve)
        .on('error', () => resolve())
        .resume(),
    )
    onward.on('error', () => resolve())
    incoming.pipe(onward)
  })
