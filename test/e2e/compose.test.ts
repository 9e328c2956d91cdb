// @module-tag long
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { ContainerSettings } from '../../receiver/core/slots/container-settings.ts'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { createOptions } from '../../receiver/edges/docker/create-options.ts'
import { readProject } from '../../receiver/edges/compose/read-project.ts'
import { sourceId } from '../../receiver/config/compose/source.ts'
import { COMPOSE_SERVICES, FILES, VARIABLES } from '../receiver/config/compose-services.ts'
import { load, withApp } from '../receiver/config/load-text.ts'
import { APP } from '../support/fake-world.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { homeOn } from '../support/home.ts'

const run = promisify(execFile)
const stack = inject('stack')
const repository = `${stack.registry.host}/acme/compose`
const NETWORK = 'compose-test'

/** Files that services mount. */
const TOP = 'secrets: { key: { file: /etc/hostname } }\nconfigs: { conf: { file: /etc/hosts } }\n'
/** Service definitions that both read. */
const CASES = [
  'command: [/bin/busybox, sleep, "5"]',
  'command: /bin/busybox sh -c "sleep 5"',
  'entrypoint: [/bin/busybox]',
  'entrypoint: /bin/busybox httpd',
  'environment: { A: 1, B: "x y", C: "" }',
  'environment: [A=1, B=x=y]',
  'user: "1000:1000"',
  'working_dir: /www',
  'stop_signal: SIGINT',
  'stop_grace_period: 1m30s',
  'restart: "no"',
  'restart: always',
  'restart: on-failure:3',
  'restart: unless-stopped',
  'mem_limit: 64m',
  'cpus: 0.5',
  'shm_size: 32m',
  'init: true',
  'read_only: true',
  'pids_limit: 100',
  'cap_add: [NET_ADMIN, SYS_TIME]',
  'cap_add: [NET_RAW]',
  'cap_drop: [ALL]',
  'security_opt: [no-new-privileges:true]',
  'security_opt: ["no-new-privileges:true", seccomp=unconfined]',
  'security_opt: ["systempaths=unconfined"]',
  'group_add: [44, "1001"]',
  'ulimits: { nproc: 512, nofile: { soft: 1024, hard: 4096 } }',
  'sysctls: { net.core.somaxconn: 1024 }',
  'sysctls: [net.ipv4.tcp_syncookies=0]',
  'extra_hosts: ["db:10.0.0.5", "gw:host-gateway"]',
  'extra_hosts: { db: 10.0.0.5 }',
  'dns: 9.9.9.9',
  'dns: [9.9.9.9, 1.1.1.1]',
  'tmpfs: /run',
  'tmpfs: ["/run", "/tmp:size=1m,mode=1777"]',
  'devices: [/dev/null, "/dev/zero:/dev/x:r"]',
  'logging: { driver: json-file, options: { max-size: 1m, max-file: "2" } }',
  'logging: { driver: none }',
  'labels: { a.b: 1, c: "" }',
  'healthcheck: { test: "true", interval: 10s, timeout: 2s, retries: 4, start_period: 1m }',
  'healthcheck: { test: [CMD, /bin/busybox, "true"] }',
  'healthcheck: { disable: true }',
  'volumes: [/tmp:/host:ro]',
  'volumes: ["/tmp:/host:ro,rslave"]',
  'volumes: [/data]',
  'volumes: [{ type: volume, target: /data }]',
  'volumes: [{ type: bind, source: /tmp, target: /host, read_only: true }]',
  'volumes: [{ type: bind, source: /tmp, target: /host, bind: { propagation: rslave } }]',
  'volumes: [{ type: bind, source: /tmp, target: /host, bind: { create_host_path: true } }]',
  'secrets: [key]',
  'secrets: [{ source: key, target: other }]',
  'configs: [conf, { source: conf, target: /etc/conf }]',
  `env_file: ${join(import.meta.dirname, 'several-lines.env')}`,
  `env_file: [{ path: ${join(import.meta.dirname, 'several-lines.env')}, required: true }]`,
  'hostname: web',
  'domainname: example.com',
  'tty: true',
  'stdin_open: true',
  'ipc: none',
  'uts: host',
  'userns_mode: host',
  'cgroup: private',
  'cgroup_parent: apps.slice',
  'runtime: io.containerd.runc.v2',
  'dns_search: example.com',
  'dns_search: [a.example, b.example]',
  'dns_opt: ["ndots:2", use-vc]',
  'annotations: { com.example.a: b }',
  'device_cgroup_rules: ["c 1:3 mr"]',
  'mem_reservation: 32m',
  '<<: { mem_limit: 64m, memswap_limit: 128m }',
  '<<: { mem_limit: 64m, memswap_limit: -1 }',
  'oom_score_adj: 500',
  'cpuset: "0"',
  'cpu_shares: 512',
  '<<: { cpu_period: 100000, cpu_quota: 50000 }',
  'blkio_config: { device_read_bps: [{ path: /dev/null, rate: 12mb }] }',
  'deploy: { resources: { limits: { cpus: "0.50", memory: 64M, pids: 50 } } }',
  'deploy: { resources: { reservations: { memory: 32M } } }',
  'deploy: { restart_policy: { condition: on-failure, max_attempts: 3 } }',
  'deploy: { restart_policy: { condition: any } }',
]

/** Services that differ, and in what. */
const DIFFERING = [
  // the rule that nobody gains privileges is only taken back by name
  ['privileged: true', ['SecurityOpt']],
  ['pid: host', ['SecurityOpt']],
  ['ipc: host', ['SecurityOpt']],
  // raw packets are given by name alone
  ['cap_drop: [MKNOD]', ['CapDrop']],
  // Compose takes such a variable out of the image's environment, too
  ['environment: { NOWHERE: }', ['Env']],
] as const

type Facts = Record<string, string>

let dir: string
let docker: Docker
let image: string
let digest: string
/** What Compose makes of each line, by the line. */
let byCompose: Map<string, Facts>
/** The settings of an app that is such a service of a Compose project, by the line. */
let asProject: Map<string, ContainerSettings>
/** Of a service that says nothing. */
let bare: { theirs: Facts; ours: Facts }
const made = new Set<string>()

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'compose-'))
  docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  digest = await pushTiny({
    host: stack.dockerHost,
    image: `${repository}:1`,
    version: 'compose test',
    login: stack.registry,
  })
  image = `${repository}@${digest}`
  await docker.createNetwork({ Name: NETWORK, Driver: 'bridge' })
  const lines = ['', ...CASES, ...DIFFERING.map(([line]) => line)]
  byCompose = await createByCompose(lines)
  asProject = await readAsProject(lines)
  bare = { theirs: theirsOf(''), ours: await byReceiver('receiver', '') }
})
afterAll(async () => {
  for (const id of made) await docker.getContainer(id).remove({ force: true, v: true })
  await docker.getNetwork(NETWORK).remove()
  rmSync(dir, { recursive: true, force: true })
})

/** The containers that Compose makes of services with these lines: one project, as each run of Compose costs a second. */
async function createByCompose(lines: readonly string[]): Promise<Map<string, Facts>> {
  const file = join(dir, 'services.yaml')
  const services = lines.map((line, index) => {
    const definition = [`image: ${image}`, `networks: [${NETWORK}]`, line]
    return `  service-${index}:\n${definition.map((each) => `    ${each}\n`).join('')}`
  })
  writeFileSync(
    file,
    `services:\n${services.join('')}networks: { ${NETWORK}: { external: true } }\n${TOP}`,
  )
  const project = 'compose-test'
  const flags = ['--host', stack.dockerHost, 'compose', '--file', file, '--project-name', project]
  await run('docker', [...flags, 'create', '--quiet-pull', '--pull', 'never'])
  const label = [`com.docker.compose.project=${project}`]
  const containers = await docker.listContainers({ all: true, filters: { label } })
  const facts = new Map<string, Facts>()
  for (const { Id, Labels } of containers) {
    const index = Number(Labels['com.docker.compose.service']?.slice('service-'.length))
    facts.set(lines[index] ?? '', await factsOf(Id))
  }
  return facts
}

/** What a config comes to whose apps are these services. */
async function readAsProject(lines: readonly string[]): Promise<Map<string, ContainerSettings>> {
  const source = { files: [join(dir, 'services.yaml')], profiles: [] }
  const answer = await readProject(source, process.env)
  const apps = lines.map(
    (_, index) =>
      `  app-${index}: { compose: { file: ${source.files[0]}, service: service-${index} } }\n`,
  )
  const text = `url: https://d.example\napps:\n${apps.join('')}`
  const config = load(text, {}, {}, undefined, { projects: new Map([[sourceId(source), answer]]) })
  return new Map(
    lines.map((line, index) => [line, config.apps[`app-${index}`]?.container ?? APP.container]),
  )
}

function theirsOf(line: string): Facts {
  const facts = byCompose.get(line)
  if (facts === undefined) throw new Error(`Compose made no container of "${line}"`)
  return facts
}

/** The container that the receiver makes of an app with these lines. */
async function byReceiver(name: string, line: string): Promise<Facts> {
  const config = load(`${withApp(line)}\n${TOP}`, process.env)
  return byContainer(name, config.apps['api']?.container ?? APP.container)
}

async function byContainer(name: string, settings: ContainerSettings): Promise<Facts> {
  // that they are on it says Compose alone
  const container = { ...settings, networks: [], aliases: {} }
  const options = createOptions(
    {
      app: { ...APP, name, container },
      deployment: 'dep_1',
      generation: 1,
      slot: 'blue',
      replica: 1,
      repository,
      digest,
      address: '',
      port: 8000,
      volumes: [],
    },
    homeOn(NETWORK),
  )
  const { id } = await docker.createContainer({ ...options, NetworkingConfig: {} })
  return factsOf(id)
}

/** Lists whose order has no meaning, and in which Compose has none. */
const UNORDERED = new Set(['Env', 'ExtraHosts', 'SecurityOpt', 'Ulimits'])
/** Who made it, and how it looks on. */
const LEFT_OUT = new Set(['Image', 'AttachStdout', 'AttachStderr', 'Binds', 'NetworkMode'])

/** What `docker inspect` says of how a container will run. */
async function factsOf(id: string): Promise<Facts> {
  made.add(id)
  const { Config, HostConfig, Mounts } = await docker.getContainer(id).inspect()
  const labels = Object.entries(Config.Labels).filter(
    ([name]) => !/^(?:com\.docker\.compose|deploy-receiver)\./.test(name),
  )
  const mounts = Mounts.map(({ Type, Name = '', Source, Destination, RW, Propagation }) => {
    // Docker makes these names up, and such a hostname as well
    const isAnonymous = /^[0-9a-f]{64}$/.test(Name)
    return { Type, Source: isAnonymous ? '' : Source, Destination, RW, Propagation }
  }).toSorted((one, other) => one.Destination.localeCompare(other.Destination))
  const Hostname = id.startsWith(Config.Hostname) ? '' : Config.Hostname
  const all = {
    ...Config,
    ...HostConfig,
    Hostname,
    Mounts: mounts,
    Labels: Object.fromEntries(labels),
  }
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => !LEFT_OUT.has(name))
      .map(([name, value]) => [name, textOf(name, value)]),
  )
}

/** Nothing, in any of Docker's forms, is nothing. */
function textOf(name: string, value: unknown): string {
  const nothing = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  if (nothing || !value) return ''
  // Compose 2.40 writes CAP_NET_RAW for NET_RAW, which are one thing to Docker
  if (!UNORDERED.has(name)) return JSON.stringify(value).replaceAll('"CAP_', '"')
  const texts = (value as unknown[]).map((each) =>
    JSON.stringify(each).replace('no-new-privileges:true', 'no-new-privileges'),
  )
  return JSON.stringify(texts.toSorted((a, b) => a.localeCompare(b)))
}

const differing = (one: Facts, other: Facts): string[] =>
  Object.keys({ ...one, ...other })
    .filter((name) => one[name] !== other[name])
    .toSorted((a, b) => a.localeCompare(b))

test('where a service says nothing, the receiver sets these by itself, and no more', async () => {
  expect(differing(bare.theirs, bare.ours)).toEqual([
    'CapDrop',
    'LogConfig',
    'PidsLimit',
    'RestartPolicy',
    'SecurityOpt',
    'StopTimeout',
  ])
})

test.for(CASES.map((line, index) => [line, index] as const))('%s', async ([line, index]) => {
  const theirs = theirsOf(line)
  const ours = await byReceiver(`receiver-${index}`, line)
  const set = [...differing(bare.theirs, theirs), ...differing(bare.ours, ours)]
  expect(set).not.toEqual([])
  for (const name of set) expect([name, ours[name]]).toEqual([name, theirs[name]])
})

test.for(CASES.map((line, index) => [line, index] as const))(
  '%s of a Compose project',
  async ([line, index]) => {
    const ours = await byContainer(`project-${index}`, asProject.get(line) ?? APP.container)
    const theirs = theirsOf(line)
    const set = [...differing(bare.theirs, theirs), ...differing(bare.ours, ours)]
    expect(set).not.toEqual([])
    for (const name of set) expect([name, ours[name]]).toEqual([name, theirs[name]])
  },
)

test('the services that have to be taken are what Compose takes', async () => {
  const folder = join(dir, 'services')
  mkdirSync(folder)
  const file = join(folder, 'compose.yaml')
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  writeFileSync(file, COMPOSE_SERVICES)
  const env = { ...process.env, ...VARIABLES }
  const profiles = ['--profile', 'dev']
  await run('docker', ['compose', '--file', file, ...profiles, 'config', '--quiet'], { env })
})

test('a folder that is not there is made for a short bind, and refused for a long one', async () => {
  const folder = join(dir, 'missing')
  const long = `volumes: [{ type: bind, source: ${folder}, target: /x }]`
  await expect(byReceiver('long', long)).rejects.toThrow('bind source path does not exist')
  await byReceiver('short', `volumes: ["${folder}:/x"]`)
  await docker.getContainer([...made].at(-1) ?? '').start()
  expect(existsSync(folder)).toBe(true)
})

test.for(DIFFERING)('%s differs, as documented', async ([line, names]) => {
  const label = (/\w+/.exec(line)?.[0] ?? '').replace('_', '-')
  const theirs = theirsOf(line)
  const ours = await byReceiver(`receiver-${label}`, line)
  const set = [...differing(bare.theirs, theirs), ...differing(bare.ours, ours)]
  expect([...new Set(set)].filter((name) => ours[name] !== theirs[name])).toEqual(names)
})
