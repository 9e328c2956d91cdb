import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { ask, type Site } from '../support/ask.ts'
import { freePort } from '../support/ports.ts'
import { type PrivateSwarm, startSwarm } from '../support/swarm.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type SwarmVm, startSwarmVm } from './swarm-vm.ts'
import { type Met, underLoad } from './updates-under-load.ts'

/** Updates of each way under load. */
const UPDATES = Number(process.env['SWARM_UPDATES'] ?? 20)
const HALF_AN_HOUR_MS = 30 * 60_000
const SH = ['/bin/busybox', 'sh', '-c']

const workspace = openWorkspace()
let swarm: PrivateSwarm
let vm: SwarmVm
let digests: string[]
let crash: string

beforeAll(async () => {
  swarm = await startSwarm(workspace, 4)
  vm = await startSwarmVm(swarm, 'four', { port: 8080 })
  digests = [await vm.push('one'), await vm.push('two')]
  crash = await vm.push('crash', { config: { Cmd: [...SH, 'echo no database; exit 7'] } })
  vm.app['replicas'] = 3
  vm.app['watch'] = '2s'
  vm.app['health'] = { path: '/healthz', deadline: '5m' }
  await vm.start()
})
afterAll(async () => {
  await vm?.close()
  await workspace.close()
  await swarm?.release()
})

const image = (digest: string | undefined) => `${vm.repository}@${digest}`
const deploy = async (digest: string | undefined): Promise<Deployment> =>
  (await vm.hook({ image: image(digest) })).deployment
const until = (id: string) =>
  expect
    .poll(
      async () => {
        const deployment = (await vm.read(`/deployments/${id}`)) as Deployment
        return isFinal(deployment.status) ? deployment : undefined
      },
      { timeout: HALF_AN_HOUR_MS },
    )
    .toMatchObject({ status: 'succeeded' })
/** Names of the nodes on which tasks of a service run. */
const nodesOf = async (service: string) =>
  (
    await vm.docker(
      'service',
      'ps',
      service,
      '--filter',
      'desired-state=running',
      '--format',
      '{{.Node}} {{.CurrentState}}',
    )
  )
    .split('\n')
    .flatMap((line) => (/^(\S+) Running/.exec(line) ?? [])[1] ?? [])
    .toSorted()

test('three replicas run on three nodes, each with the login that its registry asks for', async () => {
  const first = await deploy(digests[0])
  expect(first.status, JSON.stringify(first.error)).toBe('succeeded')
  const nodes = await nodesOf('four-api')
  expect(new Set(nodes).size).toBe(3)
  for (let visit = 0; visit < 6; visit++) expect((await vm.visit()).body).toBe('one\n')
  const second = await deploy(digests[1])
  expect(second.status, JSON.stringify(second.error)).toBe('succeeded')
  expect((await vm.visit()).body).toBe('two\n')
})

test('a receiver at a worker says that it has to be at a manager', async () => {
  const worker = await startSwarmVm(swarm, 'worker', {
    port: 8090,
    host: swarm.nodes[1]?.host ?? '',
  })
  try {
    await worker.start()
    const { error } = (
      await worker.hook({ image: `${worker.repository}@${await worker.push('x')}` })
    ).deployment
    expect(error).toMatchObject({ code: 'not_a_manager' })
    expect(error?.hint).toContain('docker node promote')
  } finally {
    await worker.close()
  }
})

test('a receiver that is killed in a rollout goes on with it', async () => {
  const { deployment } = await vm.hook({ image: image(digests[0]) }, { wait: 0 })
  await vm.hear(deployment.id, '1 of 3 run the new version')
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  await vm.start()
  await until(deployment.id)
  expect((await vm.visit()).body).toBe('one\n')
})

test(
  'what visitors meet over many updates, beside those by hand',
  { timeout: 2 * HALF_AN_HOUR_MS },
  async () => {
    const port = 8081
    await vm.docker(
      'service',
      'create',
      '--detach',
      '--name',
      'by-hand',
      '--replicas',
      '3',
      '--no-resolve-image',
      '--with-registry-auth',
      '--stop-grace-period',
      '1s',
      '--publish',
      `mode=host,target=8000,published=${port}`,
      image(digests[0]),
    )
    await expect.poll(() => nodesOf('by-hand')).toHaveLength(3)
    const byHand = await siteOf(port)
    await expect.poll(async () => (await ask(byHand)).status).toBe(200)
    const service = { port: vm.sites, domain: 'api.test' }
    const table: [string, Met][] = []
    const tell = async (name: string, site: Site, update: (index: number) => Promise<unknown>) => {
      const met = await underLoad(site, async () => {
        for (let index = 1; index <= UPDATES; index++) await update(index)
      })
      table.push([name, met])
      console.log(rowOf(name, met))
    }
    await tell('deploy-receiver', service, async (index) => {
      const { status, error } = await deploy(digests[index % 2])
      expect(status, JSON.stringify(error)).toBe('succeeded')
    })
    const update = (digest: string | undefined) =>
      vm.docker(
        'service',
        'update',
        '--quiet',
        '--no-resolve-image',
        '--with-registry-auth',
        '--image',
        image(digest),
        'by-hand',
      )
    await tell('docker service update', byHand, (index) => update(digests[index % 2]))
    // one that crashes: the one goes back, the other stays where it stopped
    const before = UPDATES % 2
    await tell('deploy-receiver, a broken one', service, async (index) => {
      if (index > 1) return
      const { error } = await deploy(crash)
      expect(error?.message).toContain(`@${digests[before]} runs again`)
    })
    await tell('docker service update, a broken one', byHand, async (index) => {
      if (index > 1) return
      await update(crash).catch(() => {})
    })
    console.log([HEAD, ...table.map((row) => rowOf(...row))].join('\n'))
    await vm.docker('service', 'rm', 'by-hand')
    const [own] = table
    expect(own?.[1].failed, own?.[1].reasons.join('\n')).toBeLessThan(
      (own?.[1].requests ?? 0) / 100,
    )
  },
)

const HEAD = 'way                                    requests  failed  longest gap'
const rowOf = (name: string, { requests, failed, longestGapMs, reasons }: Met) =>
  `${name.padEnd(38)} ${String(requests).padStart(8)} ${String(failed).padStart(7)} ${Math.round(longestGapMs)} ms  ${[...new Set(reasons)].join('; ')}`

/** Nginx before the nodes, as somebody writes it by hand. */
async function siteOf(published: number): Promise<Site> {
  const port = await freePort()
  const servers = swarm.nodes.map(({ address }) => `server ${address}:${published};`)
  writeFileSync(
    join(vm.nginx.directory, 'by-hand.conf'),
    `upstream by-hand { ${servers.join(' ')} }
server { listen 127.0.0.1:${port}; location / { proxy_pass http://by-hand; } }
`,
  )
  await vm.nginx.check()
  return { port, domain: 'by-hand.test' }
}
