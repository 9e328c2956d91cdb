// @module-tag long
import { execFile } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { connectDocker } from '../../receiver/edges/docker/connect.ts'
import { askLocally } from '../support/local.ts'
import { type NotifySocket, openNotifySocket } from '../support/notify-socket.ts'
import { sandbox } from '../support/sandbox.ts'
import { allowedCalls } from '../support/syscall-filter.ts'
import { startVm, type Vm } from '../support/vm.ts'

const run = promisify(execFile)
const stack = inject('stack')
/** Debian's logs of Nginx belong to www-data and the group adm. */
const WWW_DATA = { uid: 33, gid: 4 }

let vm: Vm
let within: string[]
let systemd: NotifySocket
const folder = (name: string) => join(vm.dir, name)

beforeAll(async () => {
  vm = await startVm(stack, 'sandbox')
  vm.config.socket = folder('run/receiver.sock')
  for (const name of ['run', 'data']) mkdirSync(folder(name), { mode: 0o711 })
  const log = folder('nginx/error.log')
  chownSync(log, WWW_DATA.uid, WWW_DATA.gid)
  chmodSync(log, 0o640)
  within = sandbox(['run', 'data', 'nginx'].map(folder))
  // beside the receiver, not above it: signals are the receiver's
  const strace = ['strace', '--daemonize', '--follow-forks', '-q', '--output', folder('run/calls')]
  vm.within = [...within, ...strace, '--']
  systemd = await openNotifySocket(folder('run/notify'))
  vm.env['NOTIFY_SOCKET'] = systemd.path
  vm.env['WATCHDOG_USEC'] = '2000000'
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await systemd.stop()
})

/** Within the sandbox; resolves to what it printed, or to how it failed. */
const inside = (script: string) =>
  run(within[0] ?? '', [...within.slice(1), '/bin/sh', '-c', script]).then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) => (error as { stderr: string }).stderr.trim(),
  )

test('the sandbox holds', async () => {
  const status = readFileSync(`/proc/${vm.receiver().pid}/status`, 'utf8')
  // CHOWN is bit 0, DAC_OVERRIDE 1, NET_BIND_SERVICE 10 (capability.h)
  expect(/^CapBnd:\s*(\S+)$/m.exec(status)?.[1]).toBe('0000000000000403')
  expect(/^CapEff:\s*(\S+)$/m.exec(status)?.[1]).toBe('0000000000000403')
  expect(/^NoNewPrivs:\s*(\S+)$/m.exec(status)?.[1]).toBe('1')
  for (const place of ['/usr/x', '/etc/x', '/var/x', folder('x')]) {
    expect(await inside(`: >${place}`)).toContain('Read-only file system')
  }
})

test('the receiver deploys in it, tests and reloads Nginx, and counts connections', async () => {
  for (const version of ['one', 'two']) {
    const digest = await vm.push(version)
    expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
    expect(await vm.visit()).toMatchObject({ status: 200, body: `${version}\n` })
  }
  expect(await inside(`cat /proc/${await containerPid()}/net/tcp`)).toMatch(/^ *sl +local_address/)
})

test('the receiver takes a changed config in it, and takes what Nginx refuses back', async () => {
  const { api = {} } = vm.config.apps
  vm.config.apps['more'] = { ...api, domains: ['more.test'] }
  writeFileSync(join(vm.dir, 'config.yaml'), JSON.stringify(vm.config), { mode: 0o600 })
  expect(await reload()).toMatchObject({ status: 200 })
  writeFileSync(join(vm.nginx.directory, 'broken.conf'), 'nonsense;\n')
  vm.config.apps['third'] = { ...api, domains: ['third.test'] }
  writeFileSync(join(vm.dir, 'config.yaml'), JSON.stringify(vm.config), { mode: 0o600 })
  const { status, text } = await reload()
  expect([status, text]).toEqual([422, expect.stringContaining('unknown directive')])
})

test('systemd hears from it that it is ready, is alive, has read its config, and stops', async () => {
  await expect.poll(() => systemd.names()).toContain('WATCHDOG')
  expect(systemd.told[0]).toEqual([
    'READY=1',
    'STATUS=takes hooks at https://deploy.example.com for api',
  ])
  // of the two times above
  const states = () => systemd.names().filter((name) => ['READY', 'RELOADING'].includes(name))
  await expect.poll(states).toEqual(['READY', 'RELOADING', 'READY', 'RELOADING', 'READY'])
  await vm.receiver().stop()
  await expect.poll(() => systemd.names()).toContain('STOPPING')
})

test.runIf(existsSync('/usr/bin/systemd-analyze'))(
  'none of its calls is forbidden by SystemCallFilter',
  async () => {
    const { pid } = vm.receiver()
    const calls = () => readFileSync(folder('run/calls'), 'utf8')
    await expect.poll(calls).toMatch(new RegExp(String.raw`^${pid} +\+\+\+ exited`, 'm'))
    const made = new Set([...calls().matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = '']) => name))
    expect(made.size).toBeGreaterThan(50)
    const allowed = allowedCalls()
    expect([...made].filter((name) => !allowed.has(name))).toEqual([])
  },
)

const reload = () => askLocally(vm.config.socket, '/reload', { body: '' })

async function containerPid(): Promise<number> {
  const docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  const label = ['deploy-receiver.network=sandbox']
  const [found] = await docker.listContainers({ filters: { label } })
  return (await docker.getContainer(found?.Id ?? '').inspect()).State.Pid
}
