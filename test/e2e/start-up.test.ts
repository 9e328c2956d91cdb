// @module-tag long
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { stringify } from 'yaml'
import { operate } from '../support/operator.ts'
import { startProcess, waitForUrl } from '../support/processes.ts'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
/** User of examples/kubernetes. */
const NOBODY = 10001
const PASSWORD = { REGISTRY_PASSWORD: 'x' }
let vm: Vm

beforeAll(async () => {
  vm = await startVm(stack, 'start-up')
})
afterAll(() => vm.close())

/** Runs the program to its end. */
function run(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      PROGRAM,
      args,
      {
        env: { ...process.env, DOCKER_HOST: stack.dockerHost, ...PASSWORD, ...env },
        timeout: 300_000,
      },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

function write(change: Record<string, unknown> = {}): string {
  mkdirSync(vm.dir, { recursive: true })
  const file = join(vm.dir, 'config.yaml')
  writeFileSync(file, stringify({ ...vm.config, ...change }))
  return file
}

async function fails(change: Record<string, unknown>, env: Record<string, string> = {}) {
  const { code, stderr } = await run(['serve', '--config', write(change)], env)
  expect(code).toBe(1)
  expect(stderr).not.toMatch(/^\s+at /m)
  return stderr
}

test('check says what is right', async () => {
  const { code, stdout } = await operate(['check', '--config', write()], PASSWORD)
  expect(code).toBe(0)
  expect(stdout).toContain('is right: 1 app')
  const json = await operate(['check', '--json', '--config', write()], PASSWORD)
  expect(JSON.parse(json.stdout)).toMatchObject({ apps: [{ name: 'api' }] })
})

test('a wrong config ends it with file, line and column', async () => {
  const message = await fails({ listne: '127.0.0.1:1' })
  expect(message).toMatch(
    /config\.yaml:\d+:\d+: listne: unknown key "listne"; did you mean "listen"\?/,
  )
})

test('a config that is not there is named', async () => {
  const { code, stderr } = await run(['serve', '--config', '/nowhere/config.yaml'])
  expect(code).toBe(1)
  expect(stderr).toContain('/nowhere/config.yaml: there is no such file')
})

test('no Docker engine: where it was looked for, and what to do', async () => {
  const message = await fails({}, { DOCKER_HOST: 'unix:///nowhere/docker.sock' })
  expect(message).toContain('no Docker engine answers at unix:///nowhere/docker.sock')
  expect(message).toContain('systemctl start docker')
})

test('no Nginx: the command and what to do', async () => {
  const nginx = vm.config['nginx'] as Record<string, unknown>
  const message = await fails({ nginx: { ...nginx, test: '/nowhere/nginx -t' } })
  expect(message).toContain('/nowhere/nginx')
  expect(message).toContain('install Nginx')
})

test('a directory of Nginx that is not there is named', async () => {
  const nginx = vm.config['nginx'] as Record<string, unknown>
  const message = await fails({ nginx: { ...nginx, directory: '/nowhere/conf.d' } })
  expect(message).toContain('nginx.directory (/nowhere/conf.d)')
})

test('of clusters alone it starts as nobody, without Docker and Nginx, and says that the cluster is away', async () => {
  const data = join(vm.dir, 'data-of-nobody')
  mkdirSync(data)
  chownSync(data, NOBODY, NOBODY)
  const file = write({
    data,
    socket: join(data, 'receiver.sock'),
    nginx: { directory: '/nowhere/conf.d' },
    site: false,
    apps: {
      web: { engine: 'kubernetes', image: vm.repository, kubernetes: { deployment: 'web' } },
    },
  })
  chmodSync(file, 0o644)
  const kubeconfig = join(data, 'kubeconfig')
  writeFileSync(
    kubeconfig,
    stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { token: 'x' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  const user = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups']
  const running = await startProcess({
    dir: vm.dir,
    name: 'of-nobody',
    command: 'setpriv',
    args: [...user, '--no-new-privs', PROGRAM, 'serve', '--config', file],
    env: {
      ...process.env,
      ...PASSWORD,
      DOCKER_HOST: 'unix:///nowhere/docker.sock',
      KUBECONFIG: kubeconfig,
    },
  })
  await waitForUrl(`http://${vm.config.listen}/healthz`, running)
  const { stdout } = await run(['--config', file, 'doctor'])
  expect(stdout).toContain('the cluster does not answer')
  expect((await running.stop()).code).toBe(0)
})

const IN_USE = 'a port of %s in use is named, and ends it'
test.for(['listen', 'admin'] as const)(IN_USE, isNamed)

async function isNamed(key: 'listen' | 'admin'): Promise<void> {
  const address = String(vm.config[key])
  const other = createServer().listen(Number(address.split(':')[1]), '127.0.0.1')
  await once(other, 'listening')
  expect(await fails({})).toContain(`${key}: ${address} is in use`)
  other.close()
}

test('a socket that cannot be made is named, and ends it', async () => {
  expect(await fails({ socket: '/nowhere/receiver.sock' })).toContain(
    'socket: /nowhere/receiver.sock is in a directory that does not exist',
  )
})

test('wrong usage ends with 2, and says what is known', async () => {
  for (const [args, message] of [
    [[], 'take hooks and deploy'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['histroy'], 'Did you mean history?'],
    [['serve', '--no-such-option'], "unknown option '--no-such-option'"],
    [['check', '--limit', '7'], "unknown option '--limit'"],
    [['serve', 'extra'], "too many arguments for 'serve'. Expected 0 arguments but got 1"],
    [['history', 'api', '-n', '0'], 'a whole number from 1 to 200'],
  ] as const) {
    const { code, stderr } = await operate(args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain('--help')
  }
  expect((await run(['frobnicate'])).code).toBe(2)
})
