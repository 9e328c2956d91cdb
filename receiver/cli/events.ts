import type { IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import {
  type DeploymentEvent,
  MAX_EVENT_CHARACTERS,
  readEvent,
  type UnknownEvent,
} from '../../protocol/deployment.ts'
import { request } from './http-client.ts'

/**
 * The events of a deployment as they come, over the local socket, until its last one or until the connection ends.
 * @param after number of the last event that was seen
 * @param signal ends it with an error
 */
export async function* eventsOf(
  socket: string,
  deployment: string,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<{ number: number; event: DeploymentEvent | UnknownEvent }> {
  const incoming = await open(socket, `/deployments/${deployment}/events`, { after, signal })
  let isTooLong = false
  const come: { number: number; event: DeploymentEvent | UnknownEvent }[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onError: ({ type }) => (isTooLong ||= type === 'max-buffer-size-exceeded'),
    onEvent({ id, data }) {
      const event = readEvent(JSON.parse(data))
      if (event !== undefined) come.push({ number: Number(id), event })
    },
  })
  for await (const text of incoming.setEncoding('utf8')) {
    parser.feed(text as string)
    if (isTooLong) throw new Error(`an event is longer than ${MAX_EVENT_CHARACTERS} characters`)
    yield* come.splice(0)
  }
}

function open(
  socketPath: string,
  path: string,
  { after, signal }: { after: number; signal: AbortSignal | undefined },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'last-event-id': String(after) }
    const asked = { socketPath, path, headers, ...(signal === undefined ? {} : { signal }) }
    request(asked, resolve).once('error', reject).end()
  })
}
