// Stands in for a receiver on CI's runners, where none can run: takes a hook signed with `HOOK_SECRET`, and tells that its
// deployment succeeds. `HOOK_SECRET=whsec_… node test/support/stand-in-receiver.ts 9090`, with no package installed.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Accepted, Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import { type Image, parseImage } from '../../protocol/image-reference.ts'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'

const [port = ''] = process.argv.slice(2)
const key = parseSigningKey(process.env['HOOK_SECRET'] ?? '')
const follow: Accepted['follow'] = {
  url: `http://127.0.0.1:${port}/deployments/d1/events`,
  token: 'stand-in-token-0123456789',
}
const at = new Date().toISOString()
let taken: Deployment | undefined

const EVENTS: DeploymentEvent[] = [
  { type: 'started', at },
  { type: 'step', at, step: 'pull', status: 'succeeded', ms: 1 },
  { type: 'live', at },
  { type: 'finished', at, status: 'succeeded' },
]

const server = createServer((request, response) => {
  if (request.method === 'POST') return void takeHook(request, response)
  if (request.headers.authorization !== `Bearer ${follow.token}`) return answer(response, 401, {})
  if (request.url === '/deployments/d1') {
    return answer(response, 200, { ...taken, status: 'succeeded', finished_at: at })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [index, event] of EVENTS.entries()) {
    response.write(`id: ${index + 1}\ndata: ${JSON.stringify(event)}\n\n`)
  }
})

async function takeHook(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const { headers } = request
  const id = String(headers['webhook-id'])
  const timestamp = Number(headers['webhook-timestamp'])
  if (headers['webhook-signature'] !== sign({ key, id, timestamp, body })) {
    return answer(response, 401, { title: 'the signature is another' })
  }
  const { repository, tag, digest }: Image = parseImage(
    (JSON.parse(body.toString('utf8')) as { image: string }).image,
  )
  taken = {
    id: 'd1',
    app: 'hello',
    action: 'deploy',
    status: 'queued',
    image: {
      repository,
      ...(tag !== undefined && { tag }),
      ...(digest !== undefined && { digest }),
    },
    source: {},
    created_at: at,
    steps: [],
  }
  answer(response, 202, { deployment: taken, follow } satisfies Accepted)
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

server.listen(Number(port), '127.0.0.1', () => console.log('listening'))
