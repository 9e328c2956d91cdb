import type { IncomingMessage } from 'node:http'
import { readText } from '../../protocol/read-body.ts'
import { shorten } from '../core/shorten.ts'
import { request } from './http-client.ts'

/** More than any list that a person asks for. */
const MAX_BYTES = 64 * 1024 * 1024

/** Asks the running receiver over its local socket. Throws an error that says what to do. */
export async function ask(
  socket: string,
  path: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
  body?: object,
): Promise<unknown> {
  const incoming = await open(socket, path, method, body)
  const text = await readText(incoming, MAX_BYTES)
  const status = incoming.statusCode ?? 0
  if (status >= 400) throw await problemOf(status, text)
  return JSON.parse(text) as unknown
}

/** Asks it for what comes little by little. Throws as `ask`. */
export async function openStream(socket: string, path: string): Promise<IncomingMessage> {
  const incoming = await open(socket, path, 'GET')
  const status = incoming.statusCode ?? 0
  if (status >= 400) throw await problemOf(status, await readText(incoming, MAX_BYTES))
  return incoming
}

/** What the receiver has against it, with its remedy. */
export async function problemOf(status: number, text: string): Promise<Error> {
  // most answers are none
  const [{ Problem }, { safeParse }] = await Promise.all([
    import('../../protocol/problem.ts'),
    import('valibot'),
  ])
  const json: unknown = JSON.parse(text)
  const problem = safeParse(Problem, json)
  if (!problem.success) return new Error(`the receiver answered ${status}: ${shorten(text, 200)}`)
  const { detail, hint } = problem.output
  return Object.assign(new Error(detail), hint === undefined ? {} : { hint })
}

function open(
  socket: string,
  path: string,
  method: string,
  body?: object,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: socket,
        path,
        method,
        headers: { host: 'localhost', 'content-type': 'application/json' },
      },
      resolve,
    )
    outgoing.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, socket)))
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** No receiver is there to answer. */
export class NoReceiver extends Error {
  readonly hint: string

  constructor(message: string, hint: string, cause: unknown) {
    super(message, { cause })
    this.name = 'NoReceiver'
    this.hint = hint
  }
}

/** Why it could not be asked. */
export function explain(error: NodeJS.ErrnoException, socket: string): Error {
  switch (error.code ?? '') {
    case 'EACCES':
      return new Error(
        `${socket} is not open to this user: run the command with sudo, or as the user that the receiver runs as`,
        { cause: error },
      )
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new NoReceiver(
        `no receiver listens on ${socket}`,
        'systemctl start deploy-receiver; `journalctl -u deploy-receiver` says why it ended; another one is named by its config: --config FILE',
        error,
      )
    case 'ECONNRESET':
    case 'EPIPE':
      return new NoReceiver(
        `the receiver on ${socket} ended before it answered`,
        '`journalctl -u deploy-receiver` says why',
        error,
      )
    default:
      return error
  }
}
