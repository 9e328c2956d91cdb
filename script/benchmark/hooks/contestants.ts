import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Accepted, Deployment } from '../../../protocol/deployment.ts'
import { isFinal } from '../../../protocol/deployment.ts'
import { parseSigningKey, sign } from '../../../protocol/standard-webhooks.ts'
import { startDockerd } from '../../../test/support/dockerd.ts'
import { freePort } from '../../../test/support/ports.ts'
import { type Running, startProcess, waitForUrl } from '../../../test/support/processes.ts'
import { startVm } from '../../../test/support/vm.ts'
import type { Workspace } from '../../../test/support/workspace.ts'
import type { Burst, Hook } from '../../../test/support/burst.ts'

const BODY_BYTES = 2048
const SETTLE_MS = 120_000
const LOOK_MS = 250

/** What is sent wrong signatures. */
export interface Refusing {
  name: string
  url: string
  /** Kinds of wrong signatures that it is sent. */
  kinds: readonly ('github' | 'webhook')[]
  running(): Running
}

/** A receiver of hooks that is measured. */
export interface Contestant extends Refusing {
  /** A rightly signed hook, unlike every other. */
  hook(number: number): Hook
  start(): Promise<void>
  /** Of the acknowledged hooks, how many left what they should; waits until nothing more comes. */
  recorded(acknowledged: Burst['acknowledged']): Promise<number>
}

/** A hook's body of 2 KB, with the number where webhook's command finds it. */
function bodyOf(image: string, number: number): string {
  const body = (fill: string) =>
    JSON.stringify({
      image,
      source: { ref: String(number), message: fill.slice(0, 1000), actor: fill.slice(1000) },
    })
  return body('x'.repeat(BODY_BYTES - body('').length))
}

/**
 * The receiver with a real engine. No registry answers, so that a deployment fails when it has asked for the last time, 13 s
 * after it began: hooks are measured and not pulls. A hook is recorded when its deployment is in the history with a final status.
 */
export async function deployReceiver(
  workspace: Workspace,
): Promise<Contestant & { stop(): Promise<void> }> {
  const engine = await startDockerd({ dir: workspace.folder('engine') })
  const registry = {
    host: `127.0.0.1:${await freePort()}`,
    username: 'acme',
    password: randomBytes(12).toString('hex'),
  }
  const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'bench')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const auth = { secrets: [secret], github: { secret: randomBytes(24).toString('hex') } }
  const url = `http://${vm.config.listen}`
  vm.config['url'] = url
  Object.assign(vm.config.apps['api'] ?? {}, { auth })
  const key = parseSigningKey(secret)
  const image = `${vm.repository}:none`

  const read = async (query: string): Promise<Deployment[]> => {
    const page = await vm.read(`/apps/api/deployments?${query}`)
    return (page as { deployments: Deployment[] }).deployments
  }
  /** The newest is the last to come to its end. */
  const allEnded = async () => (await read('limit=1')).every(({ status }) => isFinal(status))
  const finalIds = async (): Promise<Set<string>> => {
    const ids = new Set<string>()
    let page = await read('limit=200')
    while (page.length > 0) {
      for (const { id, status } of page) if (isFinal(status)) ids.add(id)
      page = await read(`limit=200&before=${page.at(-1)?.id}`)
    }
    return ids
  }
  return {
    name: 'deploy-receiver',
    url,
    kinds: ['github', 'webhook'],
    hook(number) {
      const body = bodyOf(image, number)
      const id = `msg_${randomBytes(12).toString('hex')}`
      const timestamp = Math.floor(Date.now() / 1000)
      const signature = sign({ key, id, timestamp, body: Buffer.from(body) })
      return {
        url: `${url}/hooks/api`,
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        },
        body,
      }
    },
    running: () => vm.receiver(),
    start: async () => void (await vm.start()),
    async recorded(acknowledged) {
      const end = performance.now() + SETTLE_MS
      while (!(await allEnded()) && performance.now() < end) await pause(LOOK_MS)
      const final = await finalIds()
      const ids = acknowledged.map(({ text }) => (JSON.parse(text) as Accepted).deployment.id)
      return new Set(ids.filter((id) => final.has(id))).size
    },
    async stop() {
      await vm.close()
      await engine.stop()
    },
  }
}

const BARE_SERVER = `
  const { createHmac } = require('node:crypto')
  require('node:http').createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      createHmac('sha256', 'secret').update(Buffer.concat(chunks)).digest()
      response.writeHead(request.method === 'GET' ? 200 : 401, { 'content-type': 'application/problem+json' })
      response.end('{"title":"no"}')
    })
  }).listen(Number(process.argv[1]), '127.0.0.1')
`

/** The least that Node can refuse with: a server that reads the body, makes its HMAC and says no. */
export async function bareServer(
  workspace: Workspace,
): Promise<Refusing & { start(): Promise<void> }> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: Running | undefined
  return {
    name: 'bare Node server',
    url,
    kinds: ['github'],
    running() {
      if (running === undefined) throw new Error('the bare server was not started')
      return running
    },
    async start() {
      running = await startProcess({
        dir: workspace.folder('bare'),
        name: 'bare',
        command: process.execPath,
        args: ['-e', BARE_SERVER, String(port)],
      })
      await waitForUrl(url, running)
    },
  }
}

/** Debian's `webhook` (adnanh/webhook), with a rule for GitHub's signature. Its command writes a line for each hook. */
export async function debianWebhook(workspace: Workspace): Promise<Contestant> {
  const dir = workspace.folder('webhook')
  const lines = join(dir, 'lines')
  const command = join(dir, 'command')
  writeFileSync(command, `#!/bin/sh\necho "$1" >>${lines}\n`, { mode: 0o755 })
  const secret = randomBytes(24).toString('hex')
  const hooks = join(dir, 'hooks.json')
  const rule = {
    type: 'payload-hmac-sha256',
    secret,
    parameter: { source: 'header', name: 'X-Hub-Signature-256' },
  }
  writeFileSync(
    hooks,
    JSON.stringify([
      {
        id: 'api',
        'execute-command': command,
        'pass-arguments-to-command': [{ source: 'payload', name: 'source.ref' }],
        'trigger-rule': { match: rule },
        'trigger-rule-mismatch-http-response-code': 401,
      },
    ]),
  )
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: Running | undefined
  return {
    name: "Debian's webhook",
    url,
    kinds: ['github'],
    hook(number) {
      const body = bodyOf('ghcr.io/acme/api:1', number)
      const signature = createHmac('sha256', secret).update(body).digest('hex')
      return {
        url: `${url}/hooks/api`,
        headers: { 'x-hub-signature-256': `sha256=${signature}` },
        body,
      }
    },
    running() {
      if (running === undefined) throw new Error('webhook was not started')
      return running
    },
    async start() {
      running = await startProcess({
        dir,
        name: 'webhook',
        command: 'webhook',
        args: ['-hooks', hooks, '-ip', '127.0.0.1', '-port', String(port)],
      })
      await waitForUrl(url, running)
    },
    recorded(acknowledged) {
      return settled(() => {
        const written = new Set(existsSync(lines) ? readFileSync(lines, 'utf8').split('\n') : [])
        return acknowledged.filter(({ number }) => written.has(String(number))).length
      }, acknowledged.length)
    },
  }
}

/** Counts until all are there, or none was added for three seconds. */
async function settled(count: () => number, all: number): Promise<number> {
  const end = performance.now() + SETTLE_MS
  let last = -1
  let since = performance.now()
  for (;;) {
    const now = count()
    if (now === all || performance.now() > end) return now
    if (now !== last) since = performance.now()
    else if (performance.now() - since > 3000) return now
    last = now
    await pause(LOOK_MS)
  }
}
