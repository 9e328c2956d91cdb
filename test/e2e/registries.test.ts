// @module-tag long
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { pushTiny } from '../support/tiny-image.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
const { host, username, password } = stack.registry
const auth = Buffer.from(`${username}:${password}`).toString('base64')
let vm: Vm
let docker: string
let version = 0

beforeAll(async () => {
  vm = await startVm(stack, 'registries')
  docker = join(vm.dir, 'docker')
  mkdirSync(docker)
  vm.config['registries'] = {}
  const { api = {} } = vm.config.apps
  Object.assign(api, { watch: '200ms', drain: '200ms' })
  const image = `${stack.registry.host}/acme/polled`
  vm.config.apps['polled'] = { ...api, image, domains: ['polled.test'], poll: '10s' }
  // programs that the receiver finds, as it would find docker-credential-pass
  vm.env = { DOCKER_CONFIG: docker, PATH: `${docker}:${process.env['PATH']}` }
  await vm.start()
})
afterAll(() => vm.close())
beforeEach(() => {
  version += 1
})

const dockerConfig = (config: object) =>
  writeFileSync(join(docker, 'config.json'), JSON.stringify(config))
/** A new version under the followed tag, so that the registry is asked for the tag and for the image. */
const deploy = async () => {
  await vm.push('latest', { config: { Labels: { version: String(version) } } })
  return (await vm.hook({})).deployment
}

test('without any login the registry’s refusal is told, with what to do', async () => {
  const { status, error } = await deploy()
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'registry_denied',
    hint: expect.stringContaining('registries:'),
  })
})

test('what `docker login` left for the receiver’s user is taken', async () => {
  dockerConfig({ auths: { [host]: { auth } } })
  expect(await deploy()).toMatchObject({ status: 'succeeded' })
})

test('a credential helper for the host is asked', async () => {
  const helper = join(docker, 'docker-credential-vault')
  const answer = JSON.stringify({ ServerURL: host, Username: username, Secret: password })
  writeFileSync(helper, `#!/bin/sh\n[ "$(cat)" = ${host} ] && echo '${answer}'\n`)
  chmodSync(helper, 0o700)
  dockerConfig({ credHelpers: { [host]: 'vault' } })
  expect(await deploy()).toMatchObject({ status: 'succeeded' })
})

test('the helper that keeps logins in pass is asked', async () => {
  const home = join(vm.dir, 'gnupg')
  mkdirSync(home, { mode: 0o700 })
  const store = { GNUPGHOME: home, PASSWORD_STORE_DIR: join(vm.dir, 'pass') }
  const run = (command: string, args: readonly string[], input = '') =>
    execFileSync(command, args, { env: { ...process.env, ...store }, input, stdio: 'pipe' })
  try {
    const key = ['--quick-generate-key', 'receiver@example.com', 'future-default']
    run('gpg', ['--batch', '--passphrase', '', ...key])
    run('pass', ['init', 'receiver@example.com'])
    const login = { ServerURL: host, Username: username, Secret: password }
    run('docker-credential-pass', ['store'], JSON.stringify(login))
    dockerConfig({ credsStore: 'pass' })
    await vm.receiver().stop()
    Object.assign(vm.env, store)
    await vm.start()
    expect(await deploy()).toMatchObject({ status: 'succeeded' })
    run('docker-credential-pass', ['erase'], host)
    expect((await deploy()).error).toMatchObject({ code: 'registry_denied' })
  } finally {
    run('gpgconf', ['--kill', 'all'])
  }
})

test('a helper that fails is named in the deployment', async () => {
  dockerConfig({ credsStore: 'missing' })
  const { error } = await deploy()
  expect(error).toMatchObject({
    code: 'registry_denied',
    message: expect.stringContaining('docker-credential-missing is not there'),
  })
})

test('what is there already comes back without any login', async () => {
  expect((await vm.hook({ rollback: 'previous' })).deployment).toMatchObject({
    status: 'succeeded',
  })
})

test('an app that polls deploys what is new, and says so in the audit trail', async () => {
  dockerConfig({ auths: { [host]: { auth } } })
  const digest = await pushTiny({
    host: stack.dockerHost,
    image: `${host}/acme/polled:latest`,
    version: 'polled',
    login: stack.registry,
  })
  await waitFor(
    async () => {
      const { live } = (await vm.read('/apps/polled')) as { live: Deployment | null }
      return live?.image.digest === digest
    },
    { what: 'it was not deployed' },
  )
  const { entries } = (await vm.read('/audit?app=polled')) as { entries: { sender: object }[] }
  expect(entries[0]?.sender).toEqual({ kind: 'poll' })
})

test('none of it is in the log or in the data', async () => {
  const data = String(vm.config['data'])
  await vm.receiver().stop()
  const texts = [
    vm.receiver().log(100_000),
    ...readdirSync(data)
      .map((name) => join(data, name))
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, 'latin1')),
  ]
  for (const text of texts) {
    expect(text.includes(password)).toBe(false)
    expect(text.includes(auth)).toBe(false)
  }
})
