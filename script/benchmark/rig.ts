import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { type Accepted, type Deployment, isFinal } from '../../protocol/deployment.ts'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'
import { firstAnswer } from '../../test/support/ask.ts'
import { type PrivateEngine, startDockerd } from '../../test/support/dockerd.ts'
import { type PrivateRegistry, startRegistry } from '../../test/support/registry.ts'
import { pushTiny } from '../../test/support/tiny-image.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import { openWorkspace, type Workspace } from '../../test/support/workspace.ts'

/** A VM with an engine and a registry of its own, and a receiver to start, whose app `api` takes signed hooks. */
export interface Rig {
  workspace: Workspace
  engine: PrivateEngine
  registry: PrivateRegistry
  vm: Vm
  /** Posts a signed hook, as a sender does, and resolves to its deployment when that is over. */
  deploy(body: { image: string } | { rollback: string }, app?: string): Promise<Deployment>
  /** Puts an image live by `deploy`. Resolves to milliseconds from the request to the first answer of that version. */
  untilAnswered(deploy: () => Promise<unknown>, version: string): Promise<number>
}

/** Does work on a rig, and takes all of it away. */
export async function onRig<T>(name: string, work: (rig: Rig) => Promise<T>): Promise<T> {
  const workspace = openWorkspace()
  try {
    const login = { username: 'acme', password: randomBytes(12).toString('hex') }
    const [engine, registry] = await Promise.all([
      startDockerd({ dir: workspace.folder('engine') }),
      startRegistry({ dir: workspace.folder('registry'), ...login }),
    ])
    const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, name)
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    vm.config['url'] = `http://${vm.config.listen}`
    Object.assign(vm.config.apps['api'] ?? {}, { auth: { secrets: [secret] } })
    try {
      return await work({
        workspace,
        engine,
        registry,
        vm,
        deploy: (body, app = 'api') => deploy(vm, secret, { body, app }),
        untilAnswered: (work_, version) => untilAnswered(vm, work_, version),
      })
    } finally {
      await vm.close()
      await engine.stop()
    }
  } finally {
    await workspace.close()
  }
}

/** Puts a version into the VM's repository that answers with it as JSON; returns its digest. */
export const pushVersion = (
  { vm, registry }: Rig,
  version: string,
  options: Partial<Parameters<typeof pushTiny>[0]> = {},
): Promise<string> =>
  pushTiny({
    image: `${vm.repository}:${version}`,
    version,
    login: registry,
    files: { 'www/index.html': JSON.stringify({ version }) },
    ...options,
  })

async function deploy(
  vm: Vm,
  secret: string,
  { body, app }: { body: object; app: string },
): Promise<Deployment> {
  const text = JSON.stringify(body)
  const id = `msg_${randomBytes(12).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = sign({ key: parseSigningKey(secret), id, timestamp, body: Buffer.from(text) })
  const response = await fetch(`http://${vm.config.listen}/hooks/${app}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      prefer: 'wait=300',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
    },
    body: text,
  })
  const said = await response.text()
  if (response.status !== 200)
    throw new Error(`a hook was answered with ${response.status}: ${said}`)
  const { deployment } = JSON.parse(said) as Accepted
  if (!isFinal(deployment.status) || deployment.status !== 'succeeded') {
    throw new Error(`a deployment did not succeed: ${said}`)
  }
  return deployment
}

async function untilAnswered(
  vm: Vm,
  work: () => Promise<unknown>,
  version: string,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const giveUp = new AbortController()
  const site = { port: vm.sites, domain: 'api.test' }
  const began = performance.timeOrigin + performance.now()
  const answered = firstAnswer(site, version, { agent, signal: giveUp.signal })
  answered.catch(() => undefined)
  try {
    await work()
    return (await answered) - began
  } finally {
    giveUp.abort()
    agent.destroy()
  }
}
