// @module-tag long
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { operate } from '../support/operator.ts'
import { reserveSubnet, type Subnet } from '../support/ports.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const NETWORK = 'move'
const VOLUME = 'move-data'

let vm: Vm
let apart: Subnet
let digest: string
let backup: string
const config = () => join(vm.dir, 'config.yaml')
const cli = (...words: string[]) =>
  operate(['--config', config(), ...words], {
    DOCKER_HOST: stack.dockerHost,
    REGISTRY_PASSWORD: stack.registry.password,
  })
const visit = async (domain: string) =>
  (await ask({ port: vm.sites, domain }, { path: '/' })).status
const containers = async () =>
  (
    await docker.listContainers({
      all: true,
      filters: { label: [`deploy-receiver.network=${NETWORK}`] },
    })
  ).map(({ Names }) => Names[0])
const removeVolume = () =>
  docker
    .getVolume(VOLUME)
    .remove()
    .catch(() => {})
/** What a preview has beside its container. */
const ofPreview = async () => {
  const networks = (await docker.listNetworks()).map(({ Name }) => Name)
  const { Volumes } = await docker.listVolumes()
  const all = [...networks, ...Volumes.map(({ Name }) => Name)]
  return all.filter((name) => name.includes(`${NETWORK}_api--pr-1`)).toSorted()
}
const hasVolume = () =>
  docker
    .getVolume(VOLUME)
    .inspect()
    .then(
      () => true,
      () => false,
    )

beforeAll(async () => {
  await removeVolume()
  vm = await startVm(stack, NETWORK)
  backup = join(vm.dir, 'backup.tar.gz')
  const { api = {} } = vm.config.apps
  vm.config.apps['kept'] = { ...api, domains: ['kept.test'], volumes: [`${VOLUME}:/data`] }
  apart = await reserveSubnet()
  Object.assign(vm.config['network'] as object, { previews: apart.subnet })
  const previews = { domain: 'preview.test', basic_auth: false, volumes: ['/data'] }
  Object.assign(vm.config.apps['api'] ?? {}, { previews })
  digest = await vm.push('one')
  await vm.start()
  const image = `${vm.repository}@${digest}`
  for (const app of ['api', 'kept']) {
    const { deployment } = await vm.hook({ image }, { app })
    expect(deployment).toMatchObject({ status: 'succeeded' })
  }
  const { deployment } = await vm.hook({ preview: 'pr-1', image })
  expect(deployment).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.close()
  await apart.release()
  await removeVolume()
})

test('a backup is made of a receiver that runs', async () => {
  const { code, stdout } = await cli('backup', backup)
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining(`not in it  volume ${VOLUME} of kept`),
  ])
  // what a preview has is nothing to keep
  expect(stdout).not.toContain('api--pr-1_')
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  const there = await cli('restore', backup, '--yes')
  expect([there.code, there.stderr]).toEqual([1, expect.stringContaining('is in use')])
  const running = await cli('uninstall', '--yes')
  expect([running.code, running.stderr]).toEqual([1, expect.stringContaining('is in use')])
})

test('an uninstalled one has left nothing but data, and a second time there is nothing to do', async () => {
  await vm.receiver().stop()
  const there = await cli('restore', backup, '--yes')
  expect([there.code, there.stderr]).toEqual([1, expect.stringContaining('--force replaces it')])
  // nobody can be asked, so nothing is done
  expect((await cli('uninstall')).code).toBe(1)
  expect(await visit('api.test')).toBe(200)

  const edited = join(vm.nginx.directory, 'deploy-receiver.kept.conf')
  writeFileSync(edited, `${readFileSync(edited, 'utf8')}# mine\n`)
  writeFileSync(join(vm.nginx.directory, 'other.conf'), '# somebody else\n')
  const { code, stdout } = await cli('uninstall', '--yes')
  expect([code, stdout]).toEqual([0, expect.stringContaining(`stays    volume ${VOLUME}`)])
  expect(readdirSync(vm.nginx.directory).toSorted()).toEqual([
    'deploy-receiver.kept.conf.saved',
    'other.conf',
  ])
  expect(await containers()).toEqual([])
  expect(await ofPreview()).toEqual([])
  expect(existsSync(join(vm.dir, 'data'))).toBe(false)
  expect(await hasVolume()).toBe(true)
  await expect(visit('api.test')).rejects.toThrow()
  const again = await cli('uninstall', '--yes')
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing of a receiver')])
})

test('on the next machine what was live is deployed, and what has data waits until that is there', async () => {
  await removeVolume()
  const before = readFileSync(config(), 'utf8')
  rmSync(config())
  const { code, stdout } = await cli('restore', backup, '--yes')
  expect([code, stdout]).toEqual([0, expect.stringContaining(`kept waits for ${VOLUME}`)])
  expect(readFileSync(config(), 'utf8')).toBe(before)
  await vm.start()
  await expect.poll(() => visit('api.test')).toBe(200)
  await expect.poll(() => visit('api--pr-1.preview.test')).toBe(200)
  expect(await ofPreview()).toHaveLength(2)
  expect(await visit('kept.test')).toBe(503)
  expect((await cli('status')).stdout).toContain(`kept: was restored without its data`)
  expect((await vm.read('/apps/kept')) as object).toMatchObject({ awaits_data: [VOLUME] })
  const hook = await vm.hook({}, { app: 'kept' })
  expect(hook.deployment).toMatchObject({ status: 'failed', error: { code: 'awaits_data' } })
  const missing = await cli('start', 'kept')
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('is not there')])
  expect(await hasVolume()).toBe(false)

  await docker.createVolume({ Name: VOLUME })
  expect(await cli('start', 'kept')).toMatchObject({ code: 0, stdout: 'kept runs\n' })
  expect(await visit('kept.test')).toBe(200)
  expect((await vm.read('/apps/kept')) as object).toMatchObject({ awaits_data: [] })
  // from now on it is deployed as any other
  const image = { image: `${vm.repository}@${digest}` }
  const again = await vm.hook(image, { app: 'kept' })
  expect(again.deployment).toMatchObject({ status: 'succeeded' })
})
