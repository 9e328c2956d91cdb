import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Accepted, Deployment } from '../../protocol/deployment.ts'
import { parseSigningKey, sign } from '../../protocol/standard-webhooks.ts'
import { firstAnswer, type Site } from '../../test/support/ask.ts'
import { type PrivateEngine, startDockerd } from '../../test/support/dockerd.ts'
import { type PrivateRegistry, startRegistry } from '../../test/support/registry.ts'
import { pushTiny } from '../../test/support/tiny-image.ts'
import { startVm, type Vm } from '../../test/support/vm.ts'
import { openWorkspace, type Workspace } from '../../test/support/workspace.ts'

/** A VM with an engine and a registry of its own, and a receiver to start, whose apps take signed hooks. */
export interface Rig {
  workspace: Workspace
  engine: PrivateEngine
  registry: PrivateRegistry
  vm: Vm
  /** Adds an app of the VM's repository to the config, or changes one, at `{name}.test`. There is one called `api`. */
  app(name: string, settings: object): void
  /** Posts a signed hook, as a sender does, and resolves as soon as it is accepted. */
  hook(body: { image: string }, app?: string): Promise<Accepted>
  /** The same, and resolves to its deployment when that is over. */
  deploy(body: { image: string } | { rollback: string }, app?: string): Promise<Deployment>
  /**
   * Has a version go live. Resolves to milliseconds from the beginning of that to the first answer of that version, at `{app}.test`,
   * once `work` is over too.
   */
  untilAnswered(work: () => Promise<unknown>, version: string, app?: string): Promise<number>
}

/** Does work on a rig, whose containers' network has this name, and takes all of it away. */
export async function onRig<T>(bridge: string, work: (rig: Rig) => Promise<T>): Promise<T> {
  const workspace = openWorkspace()
  try {
    const login = { username: 'acme', password: randomBytes(12).toString('hex') }
    const [engine, registry] = await Promise.all([
      startDockerd({ dir: workspace.folder('engine') }),
      startRegistry({ dir: workspace.folder('registry'), ...login }),
    ])
    const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, bridge)
    vm.config['url'] = `http://${vm.config.listen}`
    const first = vm.config.apps['api']
    const secrets = new Map<string, string>()
    const app = (name: string, settings: object) => {
      const secret = secrets.get(name) ?? `whsec_${randomBytes(32).toString('base64')}`
      secrets.set(name, secret)
      const own = { domains: [`${name}.test`], auth: { secrets: [secret] } }
      vm.config.apps[name] = { ...first, ...vm.config.apps[name], ...own, ...settings }
    }
    app('api', {})
    try {
      return await work({
        workspace,
        engine,
        registry,
        vm,
        app,
        hook: (body, name = 'api') => post(vm, secrets.get(name) ?? '', { body, app: name }),
        deploy: (body, name = 'api') => deploy(vm, secrets.get(name) ?? '', { body, app: name }),
        untilAnswered: (begin, version, name = 'api') =>
          untilAnswered({ port: vm.sites, domain: `${name}.test` }, begin, version),
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
  hook: { body: object; app: string },
): Promise<Deployment> {
  const { deployment } = await post(vm, secret, { ...hook, prefer: 'wait=300' })
  if (deployment.status === 'succeeded') return deployment
  throw new Error(`a deployment did not succeed: ${JSON.stringify(deployment)}`)
}

async function post(
  vm: Vm,
  secret: string,
  { body, app, prefer }: { body: object; app: string; prefer?: string },
): Promise<Accepted> {
  const text = JSON.stringify(body)
  const id = `msg_${randomBytes(12).toString('hex')}`
  const timestamp = Math.floor(Date.now() / 1000)
  const signature = sign({ key: parseSigningKey(secret), id, timestamp, body: Buffer.from(text) })
  const response = await fetch(`http://${vm.config.listen}/hooks/${app}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signature,
      ...(prefer === undefined ? {} : { prefer }),
    },
    body: text,
  })
  const said = await response.text()
  if (response.ok) return JSON.parse(said) as Accepted
  throw new Error(`a hook was answered with ${response.status}: ${said}`)
}

/** Until what a deployment does after its end is over: nobody deploys in the same moment again. */
export const settled = (): Promise<void> => pause(300)

/** The same at any site. */
export async function untilAnswered(
  site: Site,
  work: () => Promise<unknown>,
  version: string,
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const giveUp = new AbortController()
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
