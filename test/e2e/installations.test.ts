// @module-tag long
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { buildHelloBase, nodeVolumes, pushHello } from '../support/images.ts'
import { startLoad } from '../support/load.ts'
import { freePort } from '../support/ports.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm, type VmConfig } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const stack = inject('stack')
let workspace: Workspace
let docker: Docker
let one: Vm
/** Beside it, on the same engine, with an app of the same name. */
let two: Vm

beforeAll(async () => {
  workspace = openWorkspace()
  docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  await buildHelloBase({ host: stack.dockerHost, dir: workspace.dir, withNode: false })
  one = await startVm(stack, 'side-one')
  two = await startVm(stack, 'side-two')
  for (const vm of [one, two]) {
    Object.assign(vm.config.apps['api'] ?? {}, { volumes: await nodeVolumes() })
    await vm.start()
    expect(await vm.deploy(await push(vm, '1'))).toMatchObject({ status: 'succeeded' })
  }
})
afterAll(async () => {
  await one.close()
  await two.close()
  await workspace.close()
})

const push = (vm: Vm, version: string) =>
  pushHello({
    host: stack.dockerHost,
    dir: workspace.dir,
    image: `${vm.repository}:${version}`,
    version,
    login: stack.registry,
  })

/** Runs a command of the program to its end, with the config of a VM and what is other in it. */
function run(
  command: string[],
  vm: Vm,
  change: Partial<VmConfig> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = join(workspace.dir, `${command[0]}.yaml`)
  writeFileSync(file, stringify({ ...vm.config, ...change }))
  const env = {
    ...process.env,
    DOCKER_HOST: stack.dockerHost,
    REGISTRY_PASSWORD: stack.registry.password,
  }
  return new Promise((resolve) => {
    execFile(
      PROGRAM,
      [...command, '--config', file],
      { env, timeout: 300_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** All that a receiver could touch: containers and networks of both, and what Nginx runs with. */
async function standing() {
  // other tests are at work on this engine
  const isOfThese = ({ Labels }: { Labels?: Readonly<Record<string, string>> | undefined }) =>
    /^(?:side|third)-/.test(Labels?.['deploy-receiver.network'] ?? '')
  const containers = (await docker.listContainers({ all: true })).filter(isOfThese)
  const looked = await Promise.all(
    containers.map(async ({ Id }) => {
      const { Name, State } = await docker.getContainer(Id).inspect()
      return `${Name} ${Id} ${State.StartedAt}`
    }),
  )
  const networks = (await docker.listNetworks()).filter(isOfThese)
  const files = [one, two].map(({ nginx: { directory } }) =>
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
  return {
    containers: looked.toSorted(),
    networks: networks.map(({ Name, Id }) => `${Name} ${Id}`).toSorted(),
    files,
  }
}

/** A reload makes new ones; those from before it go on for as long as their last visitor stays. */
const workers = (): string[] =>
  [one, two].flatMap(({ nginx: { pid } }) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' '),
  )

/** Does something while visitors of these come all the while: none of them may notice. */
async function unnoticed(vms: readonly Vm[], work: () => Promise<unknown>) {
  const loads = vms.map(({ sites }) =>
    startLoad(
      { port: sites, domain: 'api.test' },
      { gets: 1, posts: 1, slowMs: 500, pauseMs: 100 },
    ),
  )
  try {
    await work()
    // each of them came at least so often since
    const before = loads.map((load) => load.report().requests)
    await expect
      .poll(() => loads.every((load, at) => load.report().requests > (before[at] ?? 0) + 20))
      .toBe(true)
  } finally {
    const reports = await Promise.all(loads.map((load) => load.stop()))
    for (const { failed, reasons, kinds } of reports) {
      expect({ failed, reasons }).toEqual({ failed: 0, reasons: [] })
      expect(kinds['keep-alive POST']?.requests).toBeGreaterThan(10)
    }
  }
}
async function untouched(work: () => Promise<unknown>) {
  const [before, workersBefore] = [await standing(), workers()]
  await work()
  expect(await standing()).toEqual(before)
  expect(workersBefore).toEqual(expect.arrayContaining(workers()))
}

const dataOf = (vm: Vm) => String(vm.config['data'])

/** Moves what a receiver remembers away, but not the flags that Nginx looks at; gives what puts it back. */
function loseRecord(vm: Vm): () => void {
  const [data, away] = [dataOf(vm), join(vm.dir, `away-${readdirSync(vm.dir).length}`)]
  mkdirSync(away)
  const lost = readdirSync(data).filter((name) => name !== 'slots')
  for (const name of lost) renameSync(join(data, name), join(away, name))
  return () => {
    for (const name of lost) renameSync(join(away, name), join(data, name))
  }
}
/** The store of a version long ago, which remembers nothing. */
function putOldStore(vm: Vm): void {
  const dump = join(import.meta.dirname, '../receiver/edges/store/formats/01.sql')
  const lines = readFileSync(dump, 'utf8').split('\n')
  const database = new DatabaseSync(join(dataOf(vm), 'deploy-receiver.db'))
  database.exec(lines.filter((line) => !line.startsWith('INSERT')).join('\n'))
  database.close()
}
function formatOf(file: string): number {
  const database = new DatabaseSync(file)
  try {
    return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  } finally {
    database.close()
  }
}
const refused = { code: 1, stderr: expect.stringMatching(/has no record of .*nothing was touched/) }
const liveOf = async (vm: Vm) => {
  const { live } = (await vm.read('/apps/api')) as {
    live: { id: string; image: { digest: string } }
  }
  return [live.id, live.image.digest]
}

test('two receivers with an app of the same name stand beside each other', async () => {
  await unnoticed([one, two], () =>
    untouched(async () => {
      for (const vm of [one, two]) {
        await vm.receiver().stop()
        await vm.start()
        expect(await vm.read('/apps/api')).toMatchObject({ live: { status: 'succeeded' } })
      }
    }),
  )
})

test('all that they made says whose it is', async () => {
  const label = 'deploy-receiver.installation'
  const ids = await Promise.all(
    [one, two].map(async ({ config, nginx }) => {
      const network = (config['network'] as { name: string }).name
      const filters = { label: [`deploy-receiver.network=${network}`] }
      const [container] = await docker.listContainers({ all: true, filters })
      const { Labels } = (await docker.getNetwork(network).inspect()) as {
        Labels: Record<string, string>
      }
      const file = readFileSync(join(nginx.directory, 'deploy-receiver.api.conf'), 'utf8')
      const id = container?.Labels[label]
      expect(Labels[label]).toBe(id)
      expect(file).toContain(`# deploy-receiver installation ${id}\n`)
      return id
    }),
  )
  expect(new Set(ids).size).toBe(2)
})

test('a record that is lost is no reason to touch anything; with the record back all is as before', async () => {
  const live = await liveOf(one)
  await unnoticed([one, two], () =>
    untouched(async () => {
      await one.receiver().stop()
      const putBack = loseRecord(one)
      const { code, stderr } = await run(['serve'], one)
      expect({ code, stderr }).toEqual(refused)
      expect(stderr).toContain('deploy-receiver adopt')
      expect(readdirSync(dataOf(one))).toEqual(['slots'])
      putBack()
      await one.start()
    }),
  )
  expect(await liveOf(one)).toEqual(live)
})

test('what runs is adopted: the receiver finds nothing to do, deploys, and goes back', async () => {
  const live = await liveOf(one)
  const second = await push(one, '2')
  await unnoticed([one, two], async () => {
    await untouched(async () => {
      await one.receiver().stop()
      loseRecord(one)
      putOldStore(one)
      const { code, stdout, stderr } = await run(['adopt'], one)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      // what the start of another version does before it opens the store is done here, too
      const copy = join(dataOf(one), 'store-before-upgrade.db')
      expect(stdout).toContain(`as it was it is kept in ${copy}`)
      expect(formatOf(copy)).toBe(1)
      expect(readdirSync(dataOf(one))).toContain('version')
      expect(readdirSync(dataOf(one))).not.toContain('upgrade.json')
      expect(stdout).toMatch(/^api +blue +its flag says so +side-one-api-1-blue +sha256:/m)
      await one.start()
      expect(await liveOf(one)).toEqual(live)
    })
    expect(await one.deploy(second)).toMatchObject({ status: 'succeeded' })
    const { deployment } = await one.hook({ rollback: 'previous' })
    expect(deployment).toMatchObject({ status: 'succeeded', image: { digest: live[1] } })
    expect(await one.deploy(second)).toMatchObject({ status: 'succeeded' })
  })
})

test('nothing is left to adopt then', async () => {
  await one.receiver().stop()
  const { stdout } = await run(['adopt'], one)
  expect(stdout).toBe('nothing to adopt: all that stands on side-one is on record\n')
  await one.start()
})

test('a receiver that runs is not adopted from', async () => {
  const { code, stderr } = await run(['adopt'], one, { data: join(workspace.dir, 'elsewhere') })
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is in use') })
  expect(existsSync(join(workspace.dir, 'elsewhere'))).toBe(false)
})

test('with a data directory elsewhere the flags are those that Nginx looks at', async () => {
  const live = await liveOf(one)
  const data = join(one.dir, 'elsewhere')
  await unnoticed([one, two], () =>
    untouched(async () => {
      await one.receiver().stop()
      expect(await run(['serve'], one, { data })).toMatchObject(refused)
      const { stdout } = await run(['adopt'], one, { data })
      expect(stdout).toMatch(/^api +(blue|green) +its flag says so /m)
    }),
  )
  // Nginx is told of the new flags
  one.config['data'] = data
  await one.start()
  expect(await liveOf(one)).toEqual(live)
  expect((await one.visit()).status).toBe(200)
})

test('with the flags lost as well, the only slot that runs is the live one', async () => {
  const live = await liveOf(one)
  await unnoticed([two], () =>
    untouched(async () => {
      await one.receiver().stop()
      renameSync(dataOf(one), `${dataOf(one)}-lost`)
      expect(await run(['serve'], one)).toMatchObject(refused)
      expect(existsSync(dataOf(one))).toBe(false)
      const { stdout } = await run(['adopt', '--json'], one)
      expect(JSON.parse(stdout)).toMatchObject({
        adopted: [{ app: 'api', because: 'only that one runs', configured: true }],
      })
      expect((await one.visit()).status).toBe(200)
      await one.start()
    }),
  )
  expect(await liveOf(one)).toEqual(live)
})

const SHARES =
  "a receiver with its own data that shares another one's %s is refused, and has touched nothing"
test.for(['network', 'nginx', 'listen'] as const)(SHARES, isRefused)

async function isRefused(shared: 'network' | 'nginx' | 'listen'): Promise<void> {
  const address = async () => `127.0.0.1:${await freePort()}`
  const change = {
    data: join(workspace.dir, `third-${shared}`),
    socket: join(workspace.dir, `third-${shared}.sock`),
    listen: await address(),
    admin: await address(),
    network: { name: `third-${shared}`, subnet: '10.212.0.0/24' },
    nginx: two.config['nginx'],
    ...(shared === 'nginx' ? {} : { apps: { third: two.config.apps['api'] } }),
    ...(shared === 'nginx' ? {} : { [shared]: one.config[shared] }),
  } as Partial<VmConfig>
  const says = {
    network: 'has no record of',
    nginx: 'deploy-receiver.api.conf',
    listen: 'is in use',
  }
  await unnoticed([one, two], () =>
    untouched(async () => {
      expect(await run(['serve'], two, change)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(says[shared]),
      })
    }),
  )
}
