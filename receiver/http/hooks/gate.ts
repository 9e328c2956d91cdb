import type { IncomingMessage, ServerResponse } from 'node:http'
import { PROBLEMS } from '../../../protocol/problem.ts'
import { arrivalOf, type Origin } from '../arrival.ts'
import { addressOfArrival, limitOf, type LimitServices } from '../limits/rate-limit.ts'
import { ProblemError, problemAnswer } from '../problem.ts'
import { idOf } from '../request-id.ts'
import { keepSeen } from '../seen-at-gate.ts'
import { identify, type IdentifyServices } from './identify.ts'
import { readIncoming } from './raw-body.ts'
import { createTrail, placeOf } from './trail.ts'

export type GateServices = IdentifyServices & LimitServices

/** Stands before a server's routes: answers a request itself, or lets it `pass` to them. */
export type Gate = (incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void) => void

/**
 * Finds out whose a hook is before Hono makes a request of it, which costs more than the signature: what is nobody's is
 * refused here, as the routes would refuse it, and what passes is not verified again.
 */
export function createGate(services: GateServices): Gate {
  return (incoming, outgoing, pass) => {
    const name = appOf(incoming, services)
    if (name === undefined) return pass()
    admit(name, incoming, services).then((refused) => {
      if (refused === undefined) return pass()
      const { status, headers, body } = refused
      headers['content-length'] = String(Buffer.byteLength(body))
      outgoing.writeHead(status, headers)
      outgoing.end(body)
    }, pass)
  }
}

/** The app that a plain hook for this receiver is for. What is written in another way, the routes read. */
function appOf(
  { method, url = '', headersDistinct: { host = [] } }: IncomingMessage,
  { hosts }: GateServices,
): string | undefined {
  const isOurs = method === 'POST' && hosts.public(host.join(', ').toLowerCase())
  return isOurs ? /^\/hooks\/([\w-]+)$/.exec(url)?.[1] : undefined
}

/** The answer to what is nobody's hook, or nothing. */
async function admit(name: string, incoming: IncomingMessage, services: GateServices) {
  const arrival = arrivalOf(incoming)
  const requestId = idOf(arrival, services)
  const address = addressOfArrival(arrival, services)
  const origin: Origin = { kind: 'network', address }
  const rejected = limitOf(address, services)
  const trail = createTrail(services.refusals, placeOf({ name, origin, requestId }, services.apps))
  const hook = { ...arrival, name, origin, readBody: () => readIncoming(incoming) }
  const found = await identify(hook, services, trail).catch((defect: Error) => defect)
  // what a client sends still is for the server to read
  if (!(found instanceof ProblemError) || !incoming.complete) {
    keepSeen(incoming, { requestId, address, found })
    return undefined
  }
  const problem = PROBLEMS[found.code] === 401 ? rejected(requestId) : undefined
  return problemAnswer(problem ?? found, requestId)
}
