import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Site } from './ask.ts'
import { type PrivateEngine, startDockerd } from './dockerd.ts'
import { startNginx } from './nginx.ts'
import { type Issuer, startIssuer } from './oidc-issuer.ts'
import { freePort, reserveSubnet } from './ports.ts'
import { type RunningReceiver, startReceiver } from './receiver.ts'
import { type ReceiverConfig, receiverConfig } from './receiver-config.ts'
import { type PrivateRegistry, startRegistry } from './registry.ts'
import { startOrchestrator } from './stack-orchestrator.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

export interface Stack {
  workspace: Workspace
  /** The engine that builds, as a GitHub runner's: what it has, the VM still has to pull. */
  runner: PrivateEngine
  /** The engine that the receiver deploys to. */
  vm: PrivateEngine
  registry: PrivateRegistry
  nginx: Awaited<ReturnType<typeof startNginx>>
  issuer: Issuer
  /** The repository of the app `hello`. */
  repository: string
  /** The app `hello` behind Nginx. */
  hello: Site
  /** Public base URL of the receiver: Nginx in front of it. */
  url: string
  /** A config for the receiver, with the app `hello`; to change before it is started. */
  config: ReceiverConfig
  /** Starts the receiver, by default with `config`; again after it was stopped or killed. */
  startReceiver(config?: ReceiverConfig): Promise<RunningReceiver>
  /** Makes Nginx read its files again. */
  reloadNginx(): void
  close(): Promise<void>
}

/** What runs the app `hello`. */
export type StackEngine = 'docker' | 'swarm' | 'kubernetes'

/**
 * Starts all that a deployment goes through, on loopback and in one temporary directory: two Docker engines, a registry
 * with a password, Nginx and an OIDC issuer; with another engine the VMs are a swarm, or a cluster. Not the receiver yet, so that a test can change its config first.
 */
export async function startStack(
  workspace: Workspace = openWorkspace(),
  { engine = 'docker' }: { engine?: StackEngine } = {},
): Promise<Stack> {
  try {
    return await startIn(workspace, engine)
  } catch (error) {
    await workspace.close()
    throw error
  }
}

async function startIn(workspace: Workspace, engine: StackEngine): Promise<Stack> {
  const others = engine === 'docker' ? undefined : await startOrchestrator(engine, workspace)
  const password = randomBytes(18).toString('base64url')
  const args = others === undefined ? [] : [`--insecure-registry=${others.registry.host}`]
  const [runner, vm, registry, nginx, issuer, network] = await Promise.all([
    startDockerd({ dir: workspace.folder('runner'), args }),
    others?.engine ?? startDockerd({ dir: workspace.folder('vm') }),
    others?.registry ??
      startRegistry({ dir: workspace.folder('registry'), username: 'acme', password }),
    startNginx({ dir: workspace.folder('nginx') }),
    startIssuer(),
    reserveSubnet(),
  ])
  const ports = {
    hooks: await freePort(),
    listen: await freePort(),
    admin: await freePort(),
    sites: await freePort(),
  }
  const url = `http://127.0.0.1:${ports.hooks}`
  const hello = { port: ports.sites, domain: 'hello.localhost' }
  const repository = `${registry.host}/acme/hello`
  const dir = workspace.folder('receiver')
  const config = receiverConfig({
    dir,
    url,
    ports,
    subnet: network.subnet,
    nginx,
    registry,
    issuer,
    repository,
    domain: hello.domain,
  })
  if (others !== undefined) config.apps.hello = await others.run(config.apps.hello)
  const reloadNginx = () => void execFileSync('sh', ['-c', nginx.reload], { stdio: 'pipe' })
  writeFileSync(join(nginx.directory, 'receiver.conf'), frontSite(ports))
  reloadNginx()
  return {
    workspace,
    runner,
    vm,
    registry,
    nginx,
    issuer,
    repository,
    hello,
    url,
    config,
    reloadNginx,
    startReceiver: (changed = config) =>
      startReceiver({
        config: changed,
        dir,
        env: { DOCKER_HOST: vm.host, REGISTRY_PASSWORD: registry.password, ...others?.env },
      }),
    async close() {
      await issuer.stop()
      await workspace.close()
      await others?.release()
      await network.release()
    },
  }
}

/** Nginx in front of the receiver itself: it takes the hooks and hands events on as they come. */
const frontSite = ({ hooks, listen }: { hooks: number; listen: number }) => `
server {
  listen 127.0.0.1:${hooks};
  location / {
    proxy_pass http://127.0.0.1:${listen};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_buffering off;
    # Prefer: wait=600 may take ten minutes
    proxy_read_timeout 620s;
  }
}
`
