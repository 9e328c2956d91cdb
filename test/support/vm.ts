import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Accepted, Deployment } from '../../protocol/deployment.ts'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { ask, type Reply } from './ask.ts'
import { askLocally, hearLocally } from './local.ts'
import { type PrivateNginx, startNginx } from './nginx.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { type RunningReceiver, startReceiver } from './receiver.ts'
import { type Files, type ImageConfig, pushTiny } from './tiny-image.ts'
import { openWorkspace } from './workspace.ts'
import type { Stack } from './global-setup.ts'

/** A VM as a user has it: Nginx and a receiver of its own, on the engine and registry that the tests share. */
export interface Vm {
  dir: string
  nginx: PrivateNginx
  /** To change before `start()`. */
  config: VmConfig
  /** Further variables of the receiver's environment. */
  env: Record<string, string>
  /** What the receiver is started by, in place of directly. */
  within: string[]
  repository: string
  receiver(): RunningReceiver
  start(): Promise<RunningReceiver>
  /** Has the receiver that runs take `config` as it is by now, which is a tenth of the work of another start. */
  reload(): Promise<void>
  /** Puts a version of a small HTTP service into the app's repository; returns its digest. */
  push(
    version: string,
    options?: {
      files?: Files
      config?: ImageConfig
      broken?: boolean
      /** Whether the engine has it, too, as one that built it would; by default it does. */
      held?: boolean
    },
  ): Promise<string>
  /** Posts a hook over the local socket and waits for the end. */
  hook(
    body: object,
    options?: { wait?: number; app?: string },
  ): Promise<{ status: number } & Accepted>
  deploy(digest: string): Promise<Deployment>
  /** Reads over the local socket. */
  read(path: string): Promise<unknown>
  readText(path: string): Promise<{ status: number; text: string }>
  /** Follows a deployment's events until they hold a text. */
  hear(id: string, text: string): Promise<void>
  /** Port on loopback at which Nginx serves the apps. */
  sites: number
  /** What users get. */
  visit(path?: string): Promise<Reply>
  close(): Promise<void>
}

/** The longest `Prefer: wait` that is taken. */
const LONGEST_WAIT_SECONDS = 600
/** Enough on a busy machine; those that are never healthy make a test wait for so long. */
const HEALTHY_WITHIN = '20s'

export interface VmConfig extends Record<string, unknown> {
  listen: string
  socket: string
  apps: Record<string, Record<string, unknown>>
}

export async function startVm(
  stack: Stack,
  name: string,
  {
    accessLog,
  }: {
    /** What Nginx logs of all sites; by default nothing, and so nobody is told of requests. */ accessLog?: string
  } = {},
): Promise<Vm> {
  const workspace = openWorkspace()
  const { dir } = workspace
  const nginx = await startNginx({
    dir: workspace.folder('nginx'),
    ...(accessLog === undefined ? {} : { accessLog }),
  })
  const { subnet, release } = await reserveSubnet()
  const [listen, admin, sites] = [await freePort(), await freePort(), await freePort()]
  const repository = `${stack.registry.host}/acme/${name}`
  const config: VmConfig = {
    url: 'https://deploy.example.com',
    listen: `127.0.0.1:${listen}`,
    admin: `127.0.0.1:${admin}`,
    socket: join(dir, 'receiver.sock'),
    data: join(dir, 'data'),
    network: { name, subnet },
    nginx: {
      directory: nginx.directory,
      test: nginx.test,
      reload: nginx.reload,
      listen: [`127.0.0.1:${sites}`],
    },
    registries: {
      [stack.registry.host]: {
        username: stack.registry.username,
        password: '${REGISTRY_PASSWORD}',
      },
    },
    apps: {
      api: {
        image: repository,
        domains: ['api.test'],
        health: { path: '/healthz', deadline: HEALTHY_WITHIN },
        stop_grace_period: '1s',
        watch: '1s',
        drain: '1500ms',
      },
    },
  }
  let receiver: RunningReceiver | undefined
  const running = () => {
    if (receiver === undefined) throw new Error('the receiver was not started')
    return receiver
  }

  const vm: Vm = {
    dir,
    nginx,
    config,
    env: {},
    within: [],
    repository,
    receiver: running,
    async start() {
      receiver = await startReceiver({
        config,
        dir,
        within: vm.within,
        env: {
          DOCKER_HOST: stack.dockerHost,
          REGISTRY_PASSWORD: stack.registry.password,
          ...vm.env,
        },
      })
      return receiver
    },
    async reload() {
      const { config: file } = running()
      writeFileSync(file, stringify(config))
      const { status, text } = await askLocally(config.socket, '/reload', { body: '' })
      if (status !== 200) throw new Error(`the config was refused: ${text}`)
    },
    push: (version, { held = true, ...options } = {}) =>
      pushTiny({
        ...(held ? { host: stack.dockerHost } : {}),
        image: `${repository}:${version}`,
        version,
        login: stack.registry,
        ...options,
      }),
    async hook(body, { wait = LONGEST_WAIT_SECONDS, app = 'api' } = {}) {
      const { status, text } = await askLocally(config.socket, `/hooks/${app}`, {
        body: JSON.stringify(body),
        ...(wait > 0 ? { prefer: `wait=${wait}` } : {}),
      })
      return { status, ...(JSON.parse(text) as Accepted) }
    },
    async deploy(digest) {
      return (await vm.hook({ image: `${repository}@${digest}` })).deployment
    },
    async read(path) {
      return JSON.parse((await askLocally(config.socket, path)).text) as unknown
    },
    readText: (path) => askLocally(config.socket, path),
    async hear(id, text) {
      await hearLocally(config.socket, `/deployments/${id}/events`, (said) => said.includes(text))
    },
    sites,
    visit: (path = '/') => ask({ port: sites, domain: 'api.test' }, { path }),
    async close() {
      await receiver?.stop()
      await removeAll(stack.dockerHost, name)
      await workspace.close()
      await release()
    },
  }
  return vm
}

/** What a receiver leaves serving would take from the tests that follow: all share one engine. */
async function removeAll(host: string, network: string): Promise<void> {
  const docker = await connectDocker({ DOCKER_HOST: host })
  const label = [`deploy-receiver.network=${network}`]
  const all = await docker.listContainers({ all: true, filters: { label } })
  await Promise.all(all.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })))
  // another receiver may use that name
  const networks = (await docker.listNetworks()).map(({ Name }) => Name)
  const ours = networks.filter((name) => name === network || name.startsWith(`${network}_`))
  for (const name of ours) {
    await docker
      .getNetwork(name)
      .remove()
      .catch(() => {})
  }
}
