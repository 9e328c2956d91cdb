import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Config } from '../../../../receiver/config/config.ts'
import type { Finding } from '../../../../receiver/core/finding.ts'
import { imagesAt } from '../../../../receiver/edges/docker/disk.ts'
import { portHolders } from '../../../../receiver/edges/port-holders.ts'
import { look, lookAtAll } from '../../../../receiver/serve/doctor/look.ts'
import { lookAtAccess } from '../../../../receiver/serve/doctor/look-at-access.ts'
import { lookAtWayToData } from '../../../../receiver/serve/doctor/way-to-data.ts'
import { lookAtApps } from '../../../../receiver/serve/doctor/look-at-apps.ts'
import { lookAtConfig } from '../../../../receiver/serve/doctor/look-at-config.ts'
import {
  lookAtData,
  lookAtImages,
  lookAtLogs,
} from '../../../../receiver/serve/doctor/look-at-disk.ts'
import { lookAtDocker, lookAtNetworks } from '../../../../receiver/serve/doctor/look-at-docker.ts'
import { lookAtProjects } from '../../../../receiver/serve/doctor/look-at-projects.ts'
import { lookAtPorts } from '../../../../receiver/serve/doctor/look-at-ports.ts'
import { lookAtPublicUrl } from '../../../../receiver/serve/doctor/look-at-public-url.ts'
import { APP } from '../../../support/fake-world.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const rejects = (error: unknown) => async () => {
  throw error
}

describe('a look', () => {
  test('that hangs is a failed one after its time, and is told to end', async () => {
    let told: unknown
    const found = await look(
      'nginx',
      (signal) => new Promise(() => signal.addEventListener('abort', () => (told = 'told'))),
      20,
    )
    expect(found).toMatchObject({
      id: 'nginx',
      ok: false,
      message: 'not looked at to its end: no answer within 0.02 s',
      hint: expect.any(String),
    })
    expect(told).toBe('told')
    const all = await lookAtAll('dns', () => new Promise(() => {}), 20)
    expect(all).toMatchObject([{ id: 'dns', ok: false }])
  })
})

describe('of Docker', () => {
  const SERVICE = { Address: '/run/containerd/containerd.sock' }
  const OWN = { Address: '/var/run/docker/containerd/containerd.sock' }
  const version = (api = '1.52') => ({
    Version: '29.1.0',
    ApiVersion: api,
    Os: 'linux',
    Arch: 'amd64',
  })
  const examine = async (
    { info = {}, api }: { info?: object | Error; api?: string },
    container: object = {},
  ) => {
    const app = { ...APP, container: { ...APP.container, ...container } } as never
    const docker = {
      version: async () => version(api) as never,
      info: async () => {
        if (info instanceof Error) throw info
        return { DockerRootDir: '/', ...info }
      },
    }
    const found = await Promise.all(lookAtDocker(docker, [app]))
    return Object.fromEntries(found.map(({ id, message, hint }) => [id, [message, hint]]))
  }

  test('the disk looked at is that of the images, which may be containerd’s', async () => {
    const store = [['driver-type', 'io.containerd.snapshotter.v1']]
    const engines = [
      [{}, '/docker'],
      [{ DriverStatus: [['Backing Filesystem', 'extfs']], Containerd: SERVICE }, '/docker'],
      [{ DriverStatus: store, Containerd: SERVICE }, '/var/lib/containerd'],
      [{ DriverStatus: store, Containerd: OWN }, '/docker'],
    ] as const
    for (const [info, path] of engines) {
      expect(imagesAt({ DockerRootDir: '/docker', ...info } as never)).toBe(path)
    }
    const elsewhere = { DockerRootDir: '/nowhere', DriverStatus: store, Containerd: SERVICE }
    expect((await examine({ info: elsewhere }))['disk']?.[0]).toMatch(/^not looked at/)
  })

  test('it is told that a restart of the engine stops all containers, and how that ends', async () => {
    const on = await examine({ info: { LiveRestoreEnabled: true } })
    expect(on['live-restore']).toEqual(['containers go on while the engine restarts', undefined])
    const off = await examine({ info: { LiveRestoreEnabled: false } })
    expect(off['live-restore']).toEqual([
      'off: an upgrade or a restart of Docker stops all containers for that time',
      'put "live-restore": true into /etc/docker/daemon.json, and systemctl reload docker: nothing restarts',
    ])
    const swarm = await examine({ info: { Swarm: { LocalNodeState: 'active' } } })
    expect(swarm['live-restore']?.[1]).toBeUndefined()
    const rootless = await examine({ info: { SecurityOptions: ['name=rootless'] } })
    expect(rootless['docker']?.[0]).toBe('engine 29.1.0 on linux/amd64, rootless')
    expect(rootless['live-restore']?.[1]).toContain('~/.config/docker/daemon.json')
    expect((await examine({ info: refused }))['live-restore']).toEqual([
      'not looked at: Docker does not answer',
      undefined,
    ])
  })

  test('an engine that passes over what an app asks for is named with the app', async () => {
    const healthcheck = { startIntervalMs: 1000 }
    expect((await examine({ api: '1.43' }, { healthcheck }))['docker']).toEqual([
      `engine 29.1.0 on linux/amd64: it passes over apps.${APP.name}.healthcheck.start_interval`,
      'upgrade Docker to 25.0 or newer',
    ])
    expect((await examine({ api: '1.44' }, { healthcheck }))['docker']?.[1]).toBeUndefined()
    expect((await examine({ api: '1.43' }))['docker']?.[1]).toBeUndefined()
  })

  test('a socket that is not open to this user is told as that', async () => {
    const denied = Object.assign(new Error('connect EACCES'), { code: 'EACCES' })
    const docker = { version: rejects(denied), info: rejects(denied) }
    const [found] = await Promise.all(lookAtDocker(docker))
    expect(found).toMatchObject({
      ok: false,
      message: "the engine: Docker's socket is not open to this user",
      hint: expect.stringContaining("the group that owns Docker's socket"),
    })
  })

  const networks = async (
    inspect: (name: string) => Promise<never>,
    { isRunning = true, own = '10.213.0.1' } = {},
  ) => {
    const app = { ...APP, container: { ...APP.container, networks: ['database'] } }
    const config = {
      network: { name: 'deploy', subnet: '10.213.0.0/20' },
      apps: { api: app },
    } as unknown as Config
    const docker = { getNetwork: (name: string) => ({ inspect: () => inspect(name) }) }
    const found = await Promise.all(
      lookAtNetworks(docker, config, { isRunning, isOwn: async (address) => address === own }),
    )
    return found.map(({ id, ok, message, hint }) => [id, ok, message, hint])
  }
  const there = async () =>
    ({
      IPAM: { Config: [{ Subnet: '10.213.0.0/20', Gateway: '10.213.0.1' }] },
      Labels: {},
    }) as never

  test('a network that is not there, or that Nginx does not come to, is named with the remedy', async () => {
    const gone = rejects(Object.assign(new Error('no such network'), { statusCode: 404 }))
    expect(await networks(there)).toMatchObject([
      ['network', true, 'deploy has 10.213.0.0/20, with this machine at 10.213.0.1', undefined],
      ['network:database', true, `Docker has it, for ${APP.name}`, undefined],
    ])
    expect(await networks(gone)).toMatchObject([
      ['network', false, expect.any(String), expect.stringContaining('restart deploy-receiver')],
      ['network:database', false, expect.any(String), 'docker network create database'],
    ])
    expect((await networks(gone, { isRunning: false }))[0]?.slice(0, 2)).toEqual(['network', true])
    expect((await networks(there, { own: '192.0.2.1' }))[0]).toMatchObject([
      'network',
      false,
      expect.stringContaining('10.213.0.1 is not an address of this machine'),
      expect.stringContaining('rootless'),
    ])
    expect(await networks(rejects(refused))).toEqual([
      ['network', true, 'not looked at: Docker does not answer', undefined],
      ['network:database', true, 'not looked at: Docker does not answer', undefined],
    ])
  })
})

describe('of disks', () => {
  const room = (more: object) => async () => ({
    bavail: 1e9,
    bsize: 4096,
    files: 1e7,
    ffree: 5e6,
    ...more,
  })

  test('too few bytes or files fail, with the one thing to do', async () => {
    expect(await lookAtImages('/d', room({}))).toBe('/d has 4096.0 GB left')
    await expect(lookAtImages('/d', room({ bavail: 1 }))).rejects.toMatchObject({
      message: '/d has 0 MB left, less than 2.0 GB',
      hint: expect.stringContaining('docker image prune -a'),
    })
    await expect(lookAtImages('/d', room({ ffree: 100 }))).rejects.toThrow(
      '/d has room for 100 more files',
    )
    await expect(lookAtData(tmpdir(), room({ ffree: 10 }))).rejects.toMatchObject({
      hint: expect.stringContaining('du --inodes'),
    })
    // Btrfs counts none; one with few of them has few at all times
    for (const few of [
      { files: 0, ffree: 0 },
      { files: 4000, ffree: 3000 },
    ]) {
      expect(await lookAtImages('/d', room(few))).toBe('/d has 4096.0 GB left')
    }
  })

  test('a full disk of logs is a warning, and one that is not there is not looked at', async () => {
    expect(await lookAtLogs('/l', room({}))).toBe('/l has 4096.0 GB left')
    expect(await lookAtLogs('/l', room({ bavail: 1 }))).toMatchObject({
      hint: expect.stringContaining('journalctl --vacuum-size'),
    })
    expect(await lookAtLogs('/l', rejects(new Error('ENOENT')))).toBe(
      'not looked at: this machine has no /l',
    )
  })
})

describe('of files', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'access-'))
    chmodSync(dir, 0o755)
    for (const folder of ['data', 'nginx']) mkdirSync(join(dir, folder), { mode: 0o755 })
    for (const file of ['env', 'data/deploy-receiver.db', 'data/settings.key', 'receiver.sock']) {
      writeFileSync(join(dir, file), '', { mode: 0o600 })
    }
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  const examine = async () => {
    const config = {
      url: 'http://x.test',
      data: join(dir, 'data'),
      nginx: { directory: join(dir, 'nginx') },
      socket: join(dir, 'receiver.sock'),
      apps: {},
    } as unknown as Config
    const found = await lookAtAccess(config, {
      environment: join(dir, 'env'),
      dockerSocket: join(dir, 'docker.sock'),
    })
    return found.map(({ id, message, hint }) =>
      [id, message, hint].map((text) => text?.replaceAll(dir, '.')),
    )
  }

  test('what is open to others is named with its mode and the chmod', async () => {
    expect(await examine()).toEqual([
      ['file-modes', 'keys, record, variables and sockets are closed to others', undefined],
    ])
    chmodSync(join(dir, 'env'), 0o644)
    chmodSync(join(dir, 'data/settings.key'), 0o640)
    chmodSync(join(dir, 'nginx'), 0o777)
    chmodSync(join(dir, 'receiver.sock'), 0o666)
    writeFileSync(join(dir, 'docker.sock'), '')
    chmodSync(join(dir, 'docker.sock'), 0o660)
    const isRoot = process.getuid?.() === 0
    expect(await examine()).toEqual([
      [
        'file-modes:./env',
        'others can read ./env (mode 0644), which holds a secret',
        'chmod 600 ./env',
      ],
      // in root's group there is nobody else
      ...(isRoot
        ? []
        : [
            ['file-modes:./data/settings.key', expect.any(String), 'chmod 600 ./data/settings.key'],
          ]),
      [
        'file-modes:./nginx',
        'others can change ./nginx: ./nginx has mode 0777',
        'chmod go-w ./nginx',
      ],
      [
        'file-modes:./receiver.sock',
        'anybody on this machine can give orders by ./receiver.sock (mode 0666)',
        'chmod o-rwx ./receiver.sock',
      ],
    ])
  })
})

test('a folder that keeps Nginx from the data directory is named with its mode and the chmod', () => {
  const dir = mkdtempSync(join(tmpdir(), 'way-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  chmodSync(dir, 0o711)
  const data = join(dir, 'private/data')
  mkdirSync(data, { recursive: true, mode: 0o711 })
  expect(lookAtWayToData(data)).toEqual([])
  chmodSync(join(dir, 'private'), 0o700)
  expect(lookAtWayToData(data)).toMatchObject([
    {
      id: 'way-to-data',
      ok: true,
      message: expect.stringContaining(
        `as ${join(dir, 'private')} has mode 0700: visitors get 503`,
      ),
      hint: expect.stringContaining(`chmod o+x ${join(dir, 'private')}`),
    },
  ])
})

test('of the config it is told what a check warns of, and all that is wrong', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'config-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  chmodSync(dir, 0o755)
  const file = join(dir, 'config.yaml')
  const secret = 'd41f8e0c93b2a7566f1e09ab47c38d25e6b0714f'
  writeFileSync(
    file,
    `url: https://d.example\nread_tokens: [${secret}]\napps: { api: { image: ghcr.io/acme/api } }\n`,
  )
  chmodSync(file, 0o644)
  const options = { describe: () => 'it is right', otherwise: 'nothing starts' }
  const { config, findings } = await lookAtConfig(file, {}, options)
  expect(config).toMatchObject({ url: 'https://d.example' })
  expect(findings).toMatchObject([
    { id: 'config', ok: true, message: 'it is right' },
    {
      id: 'config:read_tokens[0]',
      ok: true,
      message: `read_tokens[0]: others can read ${file} (mode 0644), which holds a secret`,
      hint: `chmod 600 ${file}`,
    },
  ])
  writeFileSync(file, 'url: [\n')
  expect(await lookAtConfig(file, {}, options)).toMatchObject({
    findings: [{ id: 'config', ok: false, message: 'the file is not right: nothing starts' }],
  })
})

describe('of ports', () => {
  const config = {
    url: 'http://x.test',
    data: '/nowhere',
    listen: { host: '127.0.0.1', port: 9080 },
    admin: { host: '127.0.0.1', port: 9081 },
    nginx: { directory: '/nowhere', listen: ['80', '[::]:80'], listenTls: ['443'] },
    apps: { api: { ...APP, domains: ['x.test'], paths: ['/'], redirectFrom: [] } },
  } as unknown as Config
  const held = (by: Record<number, string>) => async () =>
    new Map(
      Object.entries(by).map(([port, program]) => [
        Number(port),
        program.split(' ').map((each) => ({ pid: 7, program: each })),
      ]),
    )

  test.for<[string, Record<number, string>, boolean, object]>([
    [
      'all are where they are to be',
      { 80: 'nginx', 9080: 'deploy-receiver', 9081: 'deploy-receiver' },
      true,
      {
        id: 'ports',
        ok: true,
        message: 'nginx (pid 7) has 80; deploy-receiver (pid 7) has 9080, 9081',
      },
    ],
    [
      'another server has that of Nginx',
      { 80: 'apache2' },
      true,
      {
        id: 'port:80',
        ok: false,
        message: 'apache2 (pid 7) has it, and Nginx is to',
        hint: expect.stringContaining('systemctl status 7'),
      },
    ],
    ['another has it at another address', { 80: 'apache2 nginx' }, true, { id: 'ports', ok: true }],
    ['Nginx is in a container', { 80: 'docker-proxy' }, true, { id: 'ports', ok: true }],
    [
      'nobody has it',
      {},
      true,
      { id: 'port:80', ok: false, hint: expect.stringContaining('systemctl start nginx') },
    ],
    [
      'another program keeps the receiver from starting',
      { 80: 'nginx', 9080: 'python3' },
      false,
      {
        id: 'port:9080',
        ok: false,
        message: 'python3 (pid 7) has it, and the receiver is to (listen)',
      },
    ],
  ])('%s', async ([, by, isRunning, expected]) => {
    const found = await lookAtPorts(config, { isRunning, holders: held(by) })
    expect(found).toMatchObject([expected])
  })

  test('the holder of a port is found by its socket', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const found = await portHolders([port, 1], AbortSignal.timeout(30_000))
    expect([...found]).toEqual([[port, [{ pid: process.pid, program: 'node' }]]])
  })
})

describe('of the public URL', () => {
  const prove = (question: string) => `proof of ${question}`
  const health = (more: object) => JSON.stringify({ status: 'ok', version: '9.9.9', ...more })

  /** What is found with that behind it; nothing listens there without. */
  async function examine(listener: RequestListener | undefined, tls?: object): Promise<Finding> {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    if (listener === undefined) await new Promise((resolve) => server.close(resolve))
    const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
    const config = { url, listen: { host: '127.0.0.1', port: 9080 } } as Config
    return lookAtPublicUrl(config, prove)
  }
  const answers =
    (status: number, text: string, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) =>
      response.writeHead(status, headers).end(text)
  const proving =
    (more: object): RequestListener =>
    ({ url = '' }, response) => {
      const question = new URL(url, 'http://x').searchParams.get('ask') ?? ''
      response.end(health({ host: 'own', proof: prove(question), ...more }))
    }

  test('this receiver is known by what it alone can say', async () => {
    expect(await examine(proving({}))).toMatchObject({
      id: 'public-url',
      ok: true,
      message: expect.stringMatching(/ leads to this receiver$/),
    })
  })

  test.for<[string, RequestListener | undefined, string, string, object?]>([
    ['nobody is there', undefined, 'ECONNREFUSED', 'start Nginx'],
    [
      'another site',
      answers(200, '<html>', { server: 'Apache' }),
      '200 (Apache), and is not',
      'pass the host',
    ],
    [
      'no such path',
      answers(404, 'no', { server: 'nginx' }),
      '404 (nginx), and is not',
      'pass the host',
    ],
    [
      'a proxy without a receiver',
      answers(502, '', { server: 'nginx' }),
      '502 (nginx): what',
      'to 127.0.0.1:9080',
    ],
    [
      'a redirect',
      answers(301, '', { location: 'https://x.test/' }),
      'a redirect to https://x.test/',
      'write as `url:`',
    ],
    ['a sign-in', answers(401, ''), '401: something in front', 'take it out'],
    [
      'an older receiver',
      answers(200, health({})),
      'a receiver of version 9.9.9',
      'stop the other one',
    ],
    ['another receiver', proving({ proof: 'x' }), 'leads to another receiver', 'dig +short'],
    ['another Host', proving({ host: 'foreign' }), 'under another Host', 'proxy_set_header Host'],
    ['no TLS', answers(200, ''), 'does not answer', 'no TLS at that port', {}],
    [
      'a closed connection',
      ({ socket }) => socket.destroy(),
      'does not answer',
      'no site for the host',
    ],
  ])('%s is named, with the remedy', async ([, listener, says, remedy, tls]) => {
    expect(await examine(listener, tls)).toMatchObject({
      ok: false,
      message: expect.stringContaining(says),
      hint: expect.stringContaining(remedy),
    })
  })
})

describe('of how the last release ended', () => {
  const examine = async (...messages: string[]) => {
    const ports = {
      engine: { containers: async () => [] },
      stoppedSince: () => undefined,
      journal: {
        live: () => undefined,
        recent: () => messages.map((_, at) => ({ id: `dep_${at}` })) as never,
        events: (id: string) => [
          {
            event: {
              type: 'step' as const,
              at: '',
              step: 'retire',
              status: 'succeeded' as const,
              message: messages[Number(id.slice('dep_'.length))] ?? '',
            },
          },
        ],
      },
    }
    const found = await Promise.all(lookAtApps([APP as never], ports))
    return found.filter(({ id }) => id.startsWith('stop:'))
  }
  const KILLED = 'removed a; it did not end within 10 s of the signal to stop and was killed'

  test('one that had to be killed is told with what has it hear the signal', async () => {
    expect(await examine('nothing to retire')).toEqual([])
    expect(await examine('nothing to retire', 'removed a', KILLED)).toMatchObject([
      { ok: true, message: 'dep_1 stopped the release before it, which ended by itself' },
    ])
    expect(await examine('nothing to retire', KILLED)).toMatchObject([
      {
        ok: true,
        message:
          'dep_1 stopped the release before it, which did not hear the signal and was killed',
        hint: expect.stringMatching(/init: true .*stop_signal .*exec/),
      },
    ])
  })
})

describe('of Compose projects', () => {
  const project = {
    source: { files: ['/srv/shop/compose.yaml'], profiles: [] },
    name: 'shop',
    service: 'web',
    oneOffs: [],
    workers: ['seed', 'worker'].map((name) => ({ name, container: APP.container, replicas: 1 })),
  }
  const of = (service: string, state: object) => ({
    service,
    generation: 3,
    running: false,
    ...state,
  })
  const WELL = {
    compose: { containers: async () => [], isOverridden: () => true },
    read: async () => ({ version: '2.40.3' }),
    services: async () => [of('seed', { doneAt: 'x' }), of('worker', { running: true })],
    journal: { live: () => ({ standsIn: 3, deployment: { image: { digest: 'sha256:1' } } }) },
    stoppedSince: () => undefined,
  }
  const examine = async (change: object = {}, app: object = { project }) => {
    const looks = lookAtProjects([{ ...APP, ...app } as never], { ...WELL, ...change } as never)
    return (await Promise.all(looks)).map(({ id, ok, message, hint }) => ({
      id,
      ok,
      message,
      ...(hint === undefined ? {} : { hint }),
    }))
  }
  const reads = 'web of shop: Compose reads /srv/shop/compose.yaml; it is 2.40.3'

  test('what is well is told in two lines, and of an app without one nothing', async () => {
    expect(await examine()).toEqual([
      { id: 'project:api', ok: true, message: reads },
      { id: 'services:api', ok: true, message: 'seed is done, worker runs' },
    ])
    expect(await examine({}, {})).toEqual([])
    const older = { read: async () => ({ version: '2.26.1-4' }) }
    expect((await examine(older))[0]?.message).toContain(
      'it is 2.26.1-4, which lacks `format: raw` of an env file (2.30.0), `gpus` (2.30.0), `label_file` (2.32.2)',
    )
  })

  test.for([
    [
      'a file that Compose refuses',
      {
        read: rejects(
          Object.assign(new Error('Compose refuses it'), { hint: 'config -q says the same' }),
        ),
      },
      { ok: false, message: 'Compose refuses it', hint: 'config -q says the same' },
    ],
    [
      'what a bare `docker compose up` started',
      {
        compose: {
          ...WELL.compose,
          containers: async () => [
            { name: 'shop-worker-1', service: 'worker', running: true },
            { name: 'shop-db-1', service: 'db', running: true },
          ],
        },
      },
      {
        ok: true,
        message: `${reads}, and runs shop-worker-1 beside ours`,
        hint: expect.stringContaining('deploy-receiver compose api -- up -d takes them away'),
      },
    ],
    [
      'an override that is gone',
      { compose: { ...WELL.compose, isOverridden: () => false } },
      {
        ok: true,
        message: expect.stringContaining('(compose/api.yaml in data) is gone, or edited'),
        hint: expect.stringContaining('systemctl restart deploy-receiver'),
      },
    ],
  ])('%s is told with the remedy', async ([, change, finding]) => {
    expect((await examine(change as object))[0]).toEqual({
      id: 'project:api',
      ...(finding as object),
    })
  })

  test('a worker that does not run is a failure, unless the app was stopped or nothing is live', async () => {
    const services = async () => [of('seed', { doneAt: 'x' })]
    expect((await examine({ services }))[1]).toMatchObject({
      ok: false,
      message: 'worker does not run',
      hint: expect.stringContaining('deploy-receiver logs api --service worker'),
    })
    expect(await examine({ services, stoppedSince: () => 'x' })).toHaveLength(1)
    expect(await examine({ services, journal: { live: () => undefined } })).toHaveLength(1)
  })
})
