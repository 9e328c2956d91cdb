import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import Docker from 'dockerode'
import type { DeployError } from '../../../../receiver/core/errors.ts'
import type { ContainerPlan } from '../../../../receiver/core/slots/ports.ts'
import type { Engine } from '../../../../receiver/edges/docker/engine.ts'
import { systemClock } from '../../../../receiver/edges/clock.ts'
import { connectDocker } from '../../../../receiver/edges/docker/connect.ts'
import { createEngine } from '../../../../receiver/edges/docker/engine.ts'
import { ensureNetwork, findNetwork, subnetOf } from '../../../../receiver/edges/docker/network.ts'
import { divide } from '../../../../receiver/edges/subnet.ts'
import { APP } from '../../../support/fake-world.ts'
import { fixedLogin, renewable } from '../../../support/fixed-login.ts'
import { pushTiny } from '../../../support/tiny-image.ts'
import { reserveSubnet, type Subnet } from '../../../support/ports.ts'
import { homeOn, INSTALLATION } from '../../../support/home.ts'

const stack = inject('stack')
const repository = `${stack.registry.host}/acme/tiny`
const { username, password } = stack.registry
const signal = new AbortController().signal
const noProgress = () => {}
const refusal = (work: Promise<unknown>): Promise<DeployError> =>
  work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: DeployError) => error,
  )

let docker: Docker
let engine: Engine
let subnet: Subnet
let digest: string
let address: string
let otherAddress: string

const plan = (overrides: Partial<ContainerPlan> = {}): ContainerPlan => ({
  app: { ...APP, name: 'tiny', container: { ...APP.container, stopGraceMs: 1000 } },
  deployment: 'dep_1',
  generation: 1,
  slot: 'blue',
  replica: 1,
  repository,
  digest,
  address,
  port: 8000,
  volumes: [],
  ...overrides,
})

beforeAll(async () => {
  subnet = await reserveSubnet()
  docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  digest = await pushTiny({
    host: stack.dockerHost,
    image: `${repository}:1`,
    version: 'engine test',
    login: { username, password },
  })
  await ensureNetwork(docker, {
    name: 'docker-test',
    subnet: subnet.subnet,
    installation: INSTALLATION.id,
  })
  ;[address = '', otherAddress = ''] = divide(subnet.subnet).slotAddresses()
  engine = createEngine({
    docker,
    home: homeOn('docker-test'),
    credentials: fixedLogin({ username, password }),
    clock: systemClock,
  })
})

afterAll(async () => {
  for (const container of await engine.containers('tiny')) {
    await engine.remove(container.name, { graceMs: 0 })
  }
  await docker.getNetwork('docker-test').remove()
  await subnet.release()
})

describe('images', () => {
  test('a pull by digest leaves just that digest, also after the local image was removed', async () => {
    await docker.getImage(`${repository}:1`).remove({ force: true })
    await engine.pull({ repository, digest }, { progress: noProgress, signal })
    const { RepoDigests } = await docker.getImage(`${repository}@${digest}`).inspect()
    expect(RepoDigests).toEqual([`${repository}@${digest}`])
    expect(await engine.image({ repository, digest })).toEqual({
      ports: [8000],
      volumes: [],
    })
  })

  test('a digest that was never pushed is image_missing', async () => {
    const nowhere = { repository, digest: `sha256:${'0'.repeat(64)}` }
    await expect(engine.pull(nowhere, { progress: noProgress, signal })).rejects.toMatchObject({
      code: 'image_missing',
    })
  })

  test('a wrong password is registry_denied, and the message does not hold it', async () => {
    await docker.getImage(`${repository}@${digest}`).remove({ force: true })
    const stranger = createEngine({
      docker,
      home: homeOn('docker-test'),
      credentials: fixedLogin({ username, password: 'not-the-password' }),
      clock: systemClock,
    })
    const error = await refusal(
      stranger.pull({ repository, digest }, { progress: noProgress, signal }),
    )
    expect(error).toMatchObject({ code: 'registry_denied' })
    expect(`${error.message} ${error.hint}`).not.toContain('not-the-password')
  })

  test('a login that was refused is renewed once, when it can be', async () => {
    const credentials = renewable({ username, password: 'ended' }, { username, password })
    const renewing = createEngine({
      docker,
      home: homeOn('docker-test'),
      credentials,
      clock: systemClock,
    })
    await renewing.pull({ repository, digest }, { progress: noProgress, signal })
    expect(await renewing.held('api', { repository, digest })).toBeDefined()
    expect(credentials.given.map(({ password: each }) => each)).toEqual(['ended', password])
  })

  test('a registry that nobody listens for is registry_unreachable', async () => {
    const nowhere = { repository: '127.0.0.1:9/acme/tiny', digest }
    await expect(engine.pull(nowhere, { progress: noProgress, signal })).rejects.toMatchObject({
      code: 'registry_unreachable',
    })
  })
})

describe('containers', () => {
  test('one stands at its fixed address, unpublished, unprivileged, with bounded log and processes', async () => {
    await engine.start(plan())
    const [container] = await engine.containers('tiny')
    expect(container).toMatchObject({
      generation: 1,
      slot: 'blue',
      digest,
      address,
      port: 8000,
      running: true,
      restarts: 0,
    })
    const answer = await fetch(`http://${address}:8000/`)
    expect(await answer.text()).toBe('engine test\n')
    const { HostConfig, Config } = await docker.getContainer(container?.id ?? '').inspect()
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges'])
    expect(HostConfig.PidsLimit).toBe(4096)
    expect(HostConfig.LogConfig?.Config).toEqual({ 'max-size': '10m', 'max-file': '3' })
    expect(HostConfig.PortBindings ?? {}).toEqual({})
    expect(HostConfig.RestartPolicy?.Name).toBe('unless-stopped')
    expect(Config.Image).toBe(`${repository}@${digest}`)
  })

  test('starting it twice gives one container', async () => {
    await engine.start(plan())
    await engine.start(plan())
    expect(await engine.containers('tiny')).toHaveLength(1)
  })

  test('one that stopped is started again', async () => {
    const [container] = await engine.containers('tiny')
    await docker.getContainer(container?.id ?? '').stop({ t: 0 })
    expect((await engine.containers('tiny'))[0]).toMatchObject({ running: false })
    await engine.start(plan())
    expect((await engine.containers('tiny'))[0]).toMatchObject({ running: true })
  })

  test('the test of a HEALTHCHECK is run by the API of Docker 20.10 too', async () => {
    const oldest = createEngine({
      docker: new Docker({
        socketPath: stack.dockerHost.slice('unix://'.length),
        version: 'v1.41',
      }),
      home: homeOn('docker-test'),
      credentials: fixedLogin({ username, password }),
      clock: systemClock,
    })
    const command = ['CMD', '/bin/busybox', 'sh', '-c', 'echo "no\n\u001b[31mdatabase"; exit 1']
    const options = { timeoutMs: 60_000, signal }
    expect(await oldest.runTest('docker-test-tiny-1-blue', command, options)).toEqual({
      exitCode: 1,
      output: 'no \uFFFD[31mdatabase',
    })
  })

  test('what the test of a HEALTHCHECK prints is cut, and its end told all the same', async () => {
    const script = '/bin/busybox head -c 1000000 /dev/zero | /bin/busybox tr "\\0" x; exit 1'
    const command = ['CMD', '/bin/busybox', 'sh', '-c', script]
    const { exitCode, output } = await engine.runTest('docker-test-tiny-1-blue', command, {
      timeoutMs: 60_000,
      signal,
    })
    expect([exitCode, output]).toEqual([1, `${'x'.repeat(4096)}…`])
  })

  test('its log comes line by line', async () => {
    await fetch(`http://${address}:8000/nowhere`)
    // what a container prints reaches its log a moment later
    await expect
      .poll(async () => (await engine.logs('docker-test-tiny-1-blue', 50)).at(-1))
      .toMatch(/response:404$/)
  })

  test('a network that does not exist is named, and no half-made container is left', async () => {
    const wrong = plan({ generation: 7, slot: 'green', address: otherAddress })
    const app = { ...wrong.app, container: { ...wrong.app.container, networks: ['nowhere'] } }
    await expect(engine.start({ ...wrong, app })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('nowhere'),
    })
    expect(await engine.containers('tiny')).toHaveLength(1)
  })

  test('one of another installation that has our name is left as it is, and named', async () => {
    const stranger = createEngine({
      docker,
      home: { network: 'docker-test', installation: { ...INSTALLATION, id: 'another' } },
      credentials: fixedLogin({ username, password }),
      clock: systemClock,
    })
    await engine.stop('docker-test-tiny-1-blue', { graceMs: 0 })
    await expect(stranger.start(plan())).rejects.toMatchObject({
      code: 'not_ours',
      message: expect.stringContaining('docker-test-tiny-1-blue is there already'),
    })
    const [container] = await engine.containers('tiny')
    expect(container).toMatchObject({ name: 'docker-test-tiny-1-blue', running: false })
    await engine.start(plan())
  })

  test('a removed one is gone, and removing it again is nothing', async () => {
    await engine.remove('docker-test-tiny-1-blue', { graceMs: 1000 })
    await engine.remove('docker-test-tiny-1-blue', { graceMs: 1000 })
    expect(await engine.containers('tiny')).toEqual([])
    expect(await engine.logs('docker-test-tiny-1-blue', 10)).toEqual([])
  })
})

test('a network keeps the subnet that it was made with, whatever the config says by now', async () => {
  const found = await findNetwork(docker, 'docker-test')
  expect(found).toEqual({
    subnets: [subnet.subnet],
    gateways: { [subnet.subnet]: divide(subnet.subnet).gateway },
    isMade: true,
    installation: INSTALLATION.id,
  })
  expect(subnetOf(found, { name: 'docker-test', subnet: '10.214.0.0/24' })).toBe(subnet.subnet)
  expect(await findNetwork(docker, 'nowhere')).toBeUndefined()
})

test("a network of somebody else's with another subnet is refused, with both subnets", () => {
  const found = { subnets: ['10.9.0.0/24'], gateways: {}, isMade: false }
  expect(() => subnetOf(found, { name: 'docker-test', subnet: '10.214.0.0/24' })).toThrow(
    'docker-test exists with 10.9.0.0/24, but network.subnet is 10.214.0.0/24',
  )
  expect(subnetOf(found, { name: 'docker-test', subnet: '10.9.0.0/24' })).toBe('10.9.0.0/24')
})

test('an engine that does not answer is named with where it was looked for', async () => {
  await expect(connectDocker({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).rejects.toMatchObject(
    {
      code: 'engine_unreachable',
      message: expect.stringContaining('unix:///nowhere/docker.sock'),
    },
  )
})
