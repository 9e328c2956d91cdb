import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ActionRun, runAction } from '../support/github-runner.ts'
import { startDockerd } from '../support/dockerd.ts'
import { startNginx } from '../support/nginx.ts'
import { freePort } from '../support/ports.ts'
import { startProcess, waitFor } from '../support/processes.ts'
import { startRegistry } from '../support/registry.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace } from '../support/workspace.ts'
import { ask, type Site } from '../support/ask.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const DOMAIN = 'api.example.com'
const EXAMPLES = join(ROOT, 'examples/balancers')

export interface Member extends Vm {
  /** Hook of the app, at the receiver itself. */
  hookUrl: string
  /** Digest that it says is live. */
  live(): Promise<string | undefined>
}

/** Three VMs with all that belongs to one each, and a balancer of each kind in front of all of them. */
export async function startFleet(count = 3) {
  const workspace = openWorkspace()
  const registry = await startRegistry({
    dir: workspace.folder('registry'),
    username: 'acme',
    password: randomBytes(18).toString('base64url'),
  })
  const vms: Member[] = []
  const closing: (() => Promise<unknown>)[] = []
  for (let nth = 1; nth <= count; nth++) {
    const engine = await startDockerd({ dir: workspace.folder(`vm-${nth}`) })
    const stack = { dir: workspace.dir, registry, dockerHost: engine.host }
    const vm = await startVm(stack, `fleet-${nth}`)
    Object.assign(vm.config, { url: `http://${vm.config.listen}` })
    Object.assign(vm.config.apps['api'] ?? {}, {
      image: `${registry.host}/acme/api`,
      domains: [DOMAIN],
      auth: { secrets: ['${HOOK_SECRET}'] },
      health: { path: '/healthz', deadline: '40s' },
    })
    vm.env['HOOK_SECRET'] = SECRET
    await vm.start()
    closing.unshift(() => vm.close())
    vms.push(
      Object.assign(vm, {
        hookUrl: `http://${vm.config.listen}/hooks/api`,
        live: async () =>
          ((await vm.read('/apps/api')) as { live: { image: { digest: string } } | null }).live
            ?.image.digest,
      }),
    )
  }
  const haproxy = await startHaproxy(workspace.folder('haproxy'), vms)
  const nginx = await startNginxBalancer(workspace.folder('balancer'), vms)
  return {
    vms,
    haproxy,
    nginx,
    push: (version: string, broken = false) =>
      pushTiny({
        image: `${registry.host}/acme/api:${version}`,
        version,
        broken,
        login: registry,
      }).then((digest) => ({ digest, image: `${registry.host}/acme/api:${version}@${digest}` })),
    /** What a workflow's step does. */
    deploy: (image: string, { to = vms, ...run }: ActionRun & { to?: readonly Member[] } = {}) =>
      runAction({
        ...run,
        inputs: {
          url: to.map((vm) => vm.hookUrl).join('\n'),
          secret: SECRET,
          build: 'false',
          image,
          timeout: '4m',
          ...run.inputs,
        },
        env: { GITHUB_RUN_ID: String(++runs), ...run.env },
      }),
    async close() {
      for (const each of closing) await each()
      await workspace.close()
    },
  }
}
let runs = 2_000_000_000

/** Puts this machine's addresses into an example, and makes it ask as often as a test has patience for. */
function example(file: string, vms: readonly Vm[], port: number): string {
  let text = readFileSync(join(EXAMPLES, file), 'utf8')
  for (const [index, { sites }] of vms.entries()) {
    text = text.replaceAll(`10.0.0.1${index + 1}:80`, `127.0.0.1:${sites}`)
  }
  return text
    .replace('bind :80', `bind 127.0.0.1:${port}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('inter 2s', 'inter 500ms')
}

async function startHaproxy(dir: string, vms: readonly Vm[]): Promise<Site> {
  const site = { port: await freePort(), domain: DOMAIN }
  const file = join(dir, 'haproxy.cfg')
  writeFileSync(file, example('haproxy.cfg', vms, site.port))
  const running = await startProcess({
    dir,
    name: 'haproxy',
    command: 'haproxy',
    args: ['-db', '-f', file],
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  })
  await waitFor(async () => (await ask(site)).status > 0, { what: 'HAProxy is silent', running })
  return site
}

async function startNginxBalancer(dir: string, vms: readonly Vm[]): Promise<Site> {
  const site = { port: await freePort(), domain: DOMAIN }
  const nginx = await startNginx({ dir })
  writeFileSync(join(nginx.directory, 'balancer.conf'), example('nginx.conf', vms, site.port))
  await nginx.reloaded(nginx.check)
  return site
}
