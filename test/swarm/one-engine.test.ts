import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { outcomeOf } from '../support/outcome.ts'
import { type PrivateSwarm, startSwarm } from '../support/swarm.ts'
import { openWorkspace } from '../support/workspace.ts'
import { type SwarmVm, startSwarmVm } from './swarm-vm.ts'

const workspace = openWorkspace()
const SH = ['/bin/busybox', 'sh', '-c']
let swarm: PrivateSwarm
let vm: SwarmVm
let one: string
let two: string
let crash: string

beforeAll(async () => {
  swarm = await startSwarm(workspace, 1)
  vm = await startSwarmVm(swarm, 'alone', { port: 8080 })
  one = await vm.push('one')
  two = await vm.push('two')
  crash = await vm.push('crash', { config: { Cmd: [...SH, 'echo no database; exit 7'] } })
  vm.app['environment'] = { KEY: '${KEY}', PLAIN: 'as it is' }
  vm.app['watch'] = '2s'
  vm.env['KEY'] = 'correct-horse-battery'
  // of other people, with an update that goes no further
  await vm.docker(
    'service',
    'create',
    '--detach',
    '--name',
    'theirs',
    '--no-resolve-image',
    '--with-registry-auth',
    '--env',
    'THEIRS=1',
    // another receiver's order, whose generation is the next one here
    ...['app=owned', 'deployment=dep_of_another', 'generation=1', `digest=${one}`].flatMap(
      (each) => ['--container-label', `deploy-receiver.${each}`],
    ),
    '--stop-grace-period',
    '1s',
    '--update-failure-action',
    'pause',
    '--update-order',
    'stop-first',
    '--update-parallelism',
    '3',
    `${vm.repository}@${one}`,
  )
  vm.config.apps['owned'] = {
    image: vm.repository,
    engine: 'swarm',
    watch: '2s',
    swarm: { service: 'theirs' },
  }
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await workspace.close()
  await swarm.release()
})

interface Inspected {
  Spec: {
    TaskTemplate: { ContainerSpec: { Image: string; Env: string[] } }
    UpdateConfig: Record<string, unknown>
    RollbackConfig: Record<string, unknown>
  }
  UpdateStatus?: { State: string }
}

const inspect = async (service: string) =>
  (JSON.parse(await vm.docker('service', 'inspect', service)) as Inspected[])[0] as Inspected
const imageOf = async (service: string) =>
  (await inspect(service)).Spec.TaskTemplate.ContainerSpec.Image
const deploy = async (digest: string, app = 'api'): Promise<Deployment> =>
  (await vm.hook({ image: `${vm.repository}@${digest}` }, { app })).deployment
/** What is told of a deployment, on one line. */
const said = async (id: string) => (await vm.cli('show', id)).stdout.replaceAll(/\s+/g, ' ')

test('what another receiver ordered is not taken for an order of this one', async () => {
  const { status, id } = await deploy(two, 'owned')
  expect(status, await said(id)).toBe('succeeded')
  expect(await imageOf('theirs')).toBe(`${vm.repository}@${two}`)
  expect(await said(id)).toContain('told the service theirs')
})

test('the first deployment makes a service of the app, which Nginx serves', async () => {
  const { status, steps } = await deploy(one)
  expect(status).toBe('succeeded')
  expect(steps.map(({ name }) => name)).toEqual(['resolve', 'apply', 'rollout', 'watch'])
  expect((await vm.visit()).body).toBe('one\n')
  expect(await inspect('alone-api')).toMatchObject({
    Spec: {
      TaskTemplate: { ContainerSpec: { Image: `${vm.repository}@${one}` } },
      // its port is of the node
      UpdateConfig: { FailureAction: 'rollback', Monitor: 2e9, Order: 'stop-first' },
      RollbackConfig: { FailureAction: 'pause', Order: 'stop-first' },
    },
  })
})

test('an update is followed until all of it runs', async () => {
  const { status, id, previous } = await deploy(two)
  expect([status, previous?.digest]).toEqual(['succeeded', one])
  expect((await vm.visit()).body).toBe('two\n')
  expect(await said(id)).toContain('old tasks end first, since a port of a node is for one task')
})

test('one that fails is taken back, and told with the node, the exit code and the last lines', async () => {
  const { status, error, live_at } = await deploy(crash)
  expect([status, live_at]).toEqual(['failed', undefined])
  expect(error).toMatchObject({ code: 'exited', log: ['no database'] })
  expect(error?.message).toMatch(
    /^on node-1: task: non-zero exit \(exit code 7\)[^;]*; \S+@sha256:\w+ runs again$/,
  )
  expect((await vm.visit()).body).toBe('two\n')
  expect(await imageOf('alone-api')).toBe(`${vm.repository}@${two}`)
})

test('a rollback brings the version before back, and a restart replaces its tasks', async () => {
  expect(await vm.cli('rollback', 'api')).toMatchObject({ code: 0 })
  expect((await vm.visit()).body).toBe('one\n')
  const tasks = () =>
    vm.docker('service', 'ps', '-q', '--filter', 'desired-state=running', 'alone-api')
  const before = await tasks()
  expect(await vm.cli('restart', 'api')).toMatchObject({ code: 0 })
  expect(await tasks()).not.toBe(before)
  expect((await vm.visit()).body).toBe('one\n')
})

test('a release command runs once before it, as a job, with what the app has', async () => {
  vm.app['release'] = [...SH, 'echo "migrated with $$PLAIN"']
  await vm.reload()
  const good = await deploy(two)
  expect([good.status, good.steps[1]?.name]).toEqual(['succeeded', 'release'])
  await vm.hear(good.id, 'migrated with as it is')
  vm.app['release'] = [...SH, 'echo cannot migrate; exit 3']
  await vm.reload()
  const { error } = await deploy(one)
  expect(error).toMatchObject({ code: 'release_failed', log: ['cannot migrate'] })
  expect(error?.message).toContain('exited with code 3')
  expect((await vm.visit()).body).toBe('two\n')
  expect(await vm.docker('service', 'ls', '--format', '{{.Name}}')).not.toContain('release')
  delete vm.app['release']
  await vm.reload()
})

test('run has the environment of the app, and the exit status of the command', async () => {
  const { code, stdout } = await vm.cli('run', 'api', '--', ...SH, 'echo "$KEY $PLAIN"; exit 5')
  expect([code, stdout]).toEqual([5, 'correct-horse-battery as it is\n'])
  expect(await vm.docker('service', 'ls', '--format', '{{.Name}}')).not.toContain('run')
})

test('a command that a crash of the receiver left is removed when it starts again', async () => {
  const running = vm.cli('run', 'api', '--', ...SH, 'busybox sleep 3600')
  const jobs = () =>
    vm.docker('service', 'ls', '--format', '{{.Name}}', '--filter', 'name=alone-api-run')
  await expect.poll(jobs).toContain('alone-api-run')
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  expect((await running).code).not.toBe(0)
  expect(await jobs()).toContain('alone-api-run')
  await vm.start()
  await expect.poll(jobs).toBe('')
})

test('another port in the config leads visitors nowhere else until it is deployed', async () => {
  const { publish } = vm.app['swarm'] as { publish: { port: number } }
  publish.port = 8181
  await vm.reload()
  expect((await vm.visit()).body).toBe('two\n')
  const { status, id } = await deploy(two)
  expect(status, await said(id)).toBe('succeeded')
  expect((await vm.visit()).body).toBe('two\n')
  const conf = () => readFileSync(join(vm.nginx.directory, 'deploy-receiver.api.conf'), 'utf8')
  await expect.poll(conf).not.toContain(':8080')
  expect(conf()).toContain(':8181')
})

test('logs, status, plan, doctor and metrics know it', async () => {
  await vm.visit('/index.html?seen-in-its-log')
  await expect
    .poll(async () => (await vm.cli('logs', 'api', '-n', '100')).stdout)
    .toContain('/index.html')
  expect((await vm.cli('status')).stdout).toMatch(/\napi +sha256:\w+ .* api\.test\n/)
  expect((await vm.cli('plan', 'api', two)).stdout).toMatch(/resolve[^]*apply[^]*rollout[^]*watch/)
  const { stdout } = await vm.cli('doctor')
  expect(stdout).toMatch(/\nok +app api +\S/)
  const { text } = await vm.readText('/metrics')
  expect(text).toContain('deploy_receiver_replicas_wanted{app="api"} 1\n')
  expect(text).toContain('deploy_receiver_replicas_running{app="api"} 1\n')
})

test('of a service that stands the image alone is changed, and its update can fail no more unnoticed', async () => {
  const { status, id } = await deploy(two, 'owned')
  expect(status, await said(id)).toBe('succeeded')
  expect(await inspect('theirs')).toMatchObject({
    Spec: {
      TaskTemplate: {
        ContainerSpec: { Image: `${vm.repository}@${two}`, Env: ['THEIRS=1'] },
      },
      UpdateConfig: { FailureAction: 'rollback', Order: 'start-first', Parallelism: 3 },
    },
  })
  const failed = await deploy(crash, 'owned')
  expect(failed.error?.code).toBe('exited')
  expect(failed.error?.log).toEqual(['no database'])
  expect(await imageOf('theirs')).toBe(`${vm.repository}@${two}`)
})

test('one that was scaled to 0 is deployed, and stays at 0', async () => {
  await vm.docker('service', 'scale', '--detach', 'theirs=0')
  const { status, id } = await deploy(two, 'owned')
  expect(status, await said(id)).toBe('succeeded')
  await vm.hear(id, 'it is scaled to 0: nothing of it runs')
  expect((await vm.cli('plan', 'owned', two)).stdout).toContain('theirs is scaled to 0')
  await vm.docker('service', 'scale', 'theirs=1')
  expect((await vm.cli('plan', 'owned', two)).stdout).toContain('new tasks start before old ones')
})

test('what somebody else has it run is told, and stays', async () => {
  await vm.docker(
    'service',
    'update',
    '--detach',
    '--no-resolve-image',
    '--with-registry-auth',
    '--image',
    `${vm.repository}@${one}`,
    'theirs',
  )
  await vm.receiver().stop()
  await vm.start()
  await expect
    .poll(() => vm.receiver().log(100))
    .toContain(`owned runs ${vm.repository}@${one}, which was not deployed here`)
  expect(await imageOf('theirs')).toBe(`${vm.repository}@${one}`)
  expect((await vm.cli('status')).stdout).toContain('was not deployed here')
  expect((await vm.cli('doctor')).stdout).toContain('was not deployed here')
})

test('docker stack deploy run again is told, and undoes nothing in silence', async () => {
  const file = join(vm.dir, 'stack.yaml')
  const stack = (image: string) => {
    const web = { image, environment: { OF: 'the stack' }, stop_grace_period: '1s' }
    writeFileSync(file, JSON.stringify({ version: '3.8', services: { web } }))
    return vm.docker('stack', 'deploy', '--with-registry-auth', '--detach=true', '-c', file, 'shop')
  }
  await stack(`${vm.repository}:one`)
  vm.config.apps['stacked'] = {
    image: vm.repository,
    engine: 'swarm',
    watch: '2s',
    swarm: { service: 'shop_web' },
  }
  await vm.reload()
  const { status, id } = await deploy(two, 'stacked')
  expect(status, await said(id)).toBe('succeeded')
  const told = async () => (await vm.cli('status')).stdout
  await stack(`${vm.repository}:one`)
  await expect.poll(told).toMatch(/stacked runs \S+:one@sha256:\w+, which was not deployed here/)
  expect(await imageOf('shop_web')).toContain(one)
  // with the digest in the file it is what it was
  expect(outcomeOf(await deploy(two, 'stacked'))).toBe('succeeded')
  await stack(`${vm.repository}@${two}`)
  await vm.receiver().stop()
  await vm.start()
  expect(await told()).not.toContain('stacked runs')
  expect((await vm.cli('doctor')).stdout).toMatch(/\nok +app stacked +1 of 1 (?:tasks )?run/)
  await vm.docker('stack', 'rm', 'shop')
})

test('an update that is paused goes on with the next deployment, which says so', async () => {
  await vm.docker(
    'service',
    'update',
    '--detach',
    '--no-resolve-image',
    '--with-registry-auth',
    '--update-failure-action',
    'pause',
    '--image',
    `${vm.repository}@${crash}`,
    'theirs',
  )
  await expect
    .poll(async () => (await inspect('theirs')).UpdateStatus?.State, { timeout: 300_000 })
    .toBe('paused')
  const { status, id } = await deploy(two, 'owned')
  expect(await said(id)).toContain('its update was paused, and goes on')
  expect(status).toBe('succeeded')
})

test('one that was removed meanwhile is told, and a service of the owner is not made anew', async () => {
  await vm.docker('service', 'rm', 'theirs')
  const { error } = await deploy(one, 'owned')
  expect(error).toMatchObject({ code: 'service_missing' })
  expect(error?.message).toContain('theirs')
})

test('remove takes the service that was made away', async () => {
  vm.config.apps = { owned: vm.config.apps['owned'] ?? {} }
  await vm.reload()
  const { code, stdout, stderr } = await vm.cli('remove', 'api')
  expect(code, stderr).toBe(0)
  expect(stdout).toContain('service alone-api')
  await expect.poll(() => vm.docker('service', 'ls', '-q')).toBe('')
})
