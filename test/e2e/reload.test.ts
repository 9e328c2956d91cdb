import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { ask } from '../support/ask.ts'
import { operate } from '../support/operator.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let vm: Vm
let digest: string
let pid: number

beforeAll(async () => {
  vm = await startVm(stack, 'reload')
  digest = await vm.push('one')
  await vm.start()
  pid = vm.receiver().pid
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
})
afterAll(() => vm.close())

const file = () => join(vm.dir, 'config.yaml')
const write = () => writeFileSync(file(), stringify(vm.config))
const visit = async (domain: string) => (await ask({ port: vm.sites, domain })).status
const names = async () =>
  (await docker.listContainers({ all: true }))
    .filter(({ Labels }) => Labels['deploy-receiver.network'] === 'reload')
    .map(({ Labels, Id }) => `${Labels['deploy-receiver.app']} ${Id}`)

const run = (...words: string[]) =>
  operate([...words, '--config', file()], { REGISTRY_PASSWORD: stack.registry.password })

test('nothing changes when nothing was changed', async () => {
  const before = await names()
  expect(await run('reload')).toMatchObject({ code: 0, stdout: 'nothing changed\n' })
  expect(await names()).toEqual(before)
})

test('an app that is added takes hooks, and other domains are served; no container is touched', async () => {
  const before = await names()
  const api = vm.config.apps['api'] ?? {}
  api['domains'] = ['other.test']
  vm.config.apps['second'] = { ...api, domains: ['second.test'], environment: { A: '1' } }
  write()
  expect((await run('reload')).stdout).toBe(
    'added    second\nchanged  api: its next deployment has the new settings\n',
  )
  await waitFor(async () => (await visit('other.test')) === 200, {
    what: 'the domain is not served',
  })
  expect(await names()).toEqual(before)
  const { deployment } = await vm.hook({ image: `${vm.repository}@${digest}` }, { app: 'second' })
  expect(deployment).toMatchObject({ status: 'succeeded' })
  expect(await visit('second.test')).toBe(200)
})

test('SIGHUP does the same, and a new setting is in the next deployment', async () => {
  const second = vm.config.apps['second'] ?? {}
  second['environment'] = { A: '2' }
  write()
  process.kill(pid, 'SIGHUP')
  await waitFor(
    () =>
      vm
        .receiver()
        .log(100)
        .match(/config taken/g)?.length === 3,
    {
      what: 'the config was not taken',
    },
  )
  await vm.hook({ image: `${vm.repository}@${digest}` }, { app: 'second' })
  const [, id = ''] = (await names()).find((name) => name.startsWith('second'))?.split(' ') ?? []
  expect((await docker.getContainer(id).inspect()).Config.Env).toContain('A=2')
})

test('a file of Nginx’s that somebody edited is told of, and stays until `reload --overwrite`', async () => {
  const conf = join(vm.nginx.directory, 'deploy-receiver.api.conf')
  const ours = readFileSync(conf, 'utf8')
  const theirs = ours.replace('  server_name', '  client_header_timeout 61s;\n  server_name')
  writeFileSync(conf, theirs)
  const told = [conf, '+  client_header_timeout 61s;', 'deploy-receiver reload --overwrite']

  const reloaded = await run('reload')
  expect(reloaded).toMatchObject({ code: 0, stdout: 'nothing changed\n' })
  const looked = await run('doctor')
  expect(looked.stdout).toMatch(/^warn {2}file of api /m)
  for (const text of told) {
    expect(reloaded.stderr).toContain(text)
    expect(looked.stdout).toContain(text)
  }
  // a deployment has no need to write it
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })

  const api = vm.config.apps['api'] ?? {}
  const domains = api['domains']
  api['domains'] = ['third.test']
  write()
  const refused = await run('reload')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(`${conf} was edited`)
  expect(refused.stderr).toContain('deploy-receiver reload --overwrite')
  // the same error may stand in a workflow's log
  expect(refused.stderr).not.toContain('61s')
  expect(readFileSync(conf, 'utf8')).toBe(theirs)

  expect(await run('reload', '--overwrite')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`written  ${conf}`),
    stderr: '',
  })
  const written = readFileSync(conf, 'utf8')
  expect(written).toContain('server_name third.test;')
  expect(written).not.toContain('client_header_timeout')
  expect((await run('doctor')).stdout).not.toContain('file of api')
  api['domains'] = domains
  write()
  expect((await run('reload')).code).toBe(0)
})

test('a wrong config is refused with its place, and the one before stays in force', async () => {
  const port = vm.config.apps['api']?.['port']
  Object.assign(vm.config.apps['api'] ?? {}, { port: 'x' })
  write()
  const { code, stderr } = await run('reload')
  expect(code).toBe(1)
  expect(stderr).toMatch(/config\.yaml:\d+:\d+: apps\.api\.port: "x" is not a whole number/)
  process.kill(pid, 'SIGHUP')
  await waitFor(() => vm.receiver().log(100).includes('the config was refused'), {
    what: 'the log does not say so',
  })
  expect(await visit('other.test')).toBe(200)
  Object.assign(vm.config.apps['api'] ?? {}, { port })
})

test('what takes a restart is named', async () => {
  const { listen } = vm.config
  vm.config.listen = '127.0.0.1:1'
  write()
  expect((await run('reload')).stderr).toContain('listen: a change of this takes a restart')
  vm.config.listen = listen
})

test('an app that is taken out is left running until it is removed', async () => {
  const { second, ...rest } = vm.config.apps
  expect(second).toBeDefined()
  write()
  expect((await run('remove', 'second')).stderr).toContain('second is in the config')
  vm.config.apps = rest
  write()
  expect((await run('reload')).stdout).toContain('removed  second: it is left running')
  expect(await visit('second.test')).toBe(200)
  expect((await vm.hook({}, { app: 'second' })).status).toBe(404)

  const { code, stdout } = await run('remove', 'second')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^removed {2}Nginx's file\nremoved {2}container reload-second-\d+-\w+\n/)
  expect((await names()).map((name) => name.split(' ')[0])).toEqual(['api'])
  expect(existsSync(join(vm.nginx.directory, 'deploy-receiver.second.conf'))).toBe(false)
  expect(await visit('other.test')).toBe(200)
  expect((await run('remove', 'second')).stderr).toContain('there is nothing of an app "second"')
})

test('the last app is removed like any other', async () => {
  vm.config.apps = {}
  write()
  expect(await run('check')).toMatchObject({ code: 0, stdout: expect.stringMatching(/: 0 apps\n/) })
  expect((await run('reload')).stdout).toContain('removed  api: it is left running')
  expect((await run('remove', 'api')).code).toBe(0)
  expect(await names()).toEqual([])
  expect((await run('status')).stdout).toMatch(/^APP .*\n$/)
  expect((await run('deploy', 'api')).stderr).toContain('the config has no app')
})

test('all of it was one process', () => {
  expect(vm.receiver().pid).toBe(pid)
  expect(() => process.kill(pid, 0)).not.toThrow()
})
