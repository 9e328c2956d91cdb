import { request } from 'node:http'
import { Problem } from '../../protocol/problem.ts'
import { readText } from '../../protocol/read-body.ts'
import * as v from 'valibot'
import { shorten } from '../core/shorten.ts'

/** More than any list that a person asks for. */
const MAX_BYTES = 64 * 1024 * 1024

/** Asks the running receiver over its local socket. Throws an error that says what to do. */
export async function ask(
  socket: string,
  path: string,
  method: 'GET' | 'POST' | 'DELETE' = 'GET',
  body?: object,
): Promise<unknown> {
  const { status, text } = await exchange(socket, path, method, body)
  const json: unknown = JSON.parse(text)
  if (status < 400) return json
  const problem = v.safeParse(Problem, json)
  if (!problem.success) throw new Error(`the receiver answered ${status}: ${shorten(text, 200)}`)
  const { detail, hint } = problem.output
  throw Object.assign(new Error(detail), hint === undefined ? {} : { hint })
}

function exchange(
  socket: string,
  path: string,
  method: string,
  body?: object,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: socket,
        path,
        method,
        headers: { host: 'localhost', 'content-type': 'application/json' },
      },
      (incoming) => {
        readText(incoming, MAX_BYTES).then(
          (text) => resolve({ status: incoming.statusCode ?? 0, text }),
          reject,
        )
      },
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

function explain(error: NodeJS.ErrnoException, socket: string): Error {
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
