// @module-tag long
import { readFileSync } from 'node:fs'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { startVm, type Vm } from '../support/vm.ts'

// apps that never come to an end, beside one that is well
const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
const shell = (script: string) => ['/bin/busybox', 'sh', '-c', script]
const SWITCHES =
  'printf "HTTP/1.1 101 Switching Protocols\\r\\nConnection: upgrade\\r\\nUpgrade: x\\r\\n\\r\\n"'
const MEGABYTE = 1024 * 1024
let vm: Vm
let digest: string

beforeAll(async () => {
  vm = await startVm(stack, 'hangs')
  const { api = {} } = vm.config.apps
  vm.config.apps = {
    api,
    switching: {
      ...api,
      domains: ['switching.test'],
      command: ['/bin/busybox', 'nc', '-ll', '-p', '8000', '-e'].concat(
        shell(`${SWITCHES}; /bin/busybox sleep 1000`),
      ),
      health: { path: '/', deadline: '5s' },
    },
    // 200 MB on one line, and then nothing
    printing: {
      ...api,
      domains: ['printing.test'],
      release: {
        command: shell(
          'echo begun; /bin/busybox head -c 200000000 /dev/zero | /bin/busybox tr "\\\\0" x; /bin/busybox sleep 1000',
        ),
        timeout: '20s',
      },
    },
  }
  digest = await vm.push('one')
  await vm.start()
})
afterAll(() => vm.close())

const begin = async (app: string) =>
  (await vm.hook({ image: `${vm.repository}@${digest}` }, { app, wait: 0 })).deployment
const end = async ({ id }: Deployment) => {
  await vm.hear(id, '"type":"finished"')
  return (await vm.read(`/deployments/${id}`)) as Deployment
}
const containersOf = async (app: string) =>
  (await docker.listContainers({ all: true })).filter(({ Names }) =>
    Names[0]?.startsWith(`/hangs-${app}-`),
  )
/** The most memory that the receiver ever had. */
const mostMemory = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${vm.receiver().pid}/status`, 'utf8'))?.[1]) *
  1024

test('an app that answers its probes by switching protocols fails, and the next has its turn', async () => {
  const deployment = await begin('switching')
  const waiting = await begin('switching')
  for (const each of [deployment, waiting]) {
    const { status, error } = await end(each)
    expect(status).toBe('failed')
    expect(error).toMatchObject({ code: 'unhealthy' })
    expect(error?.message).toContain('GET / answered 101')
  }
  expect(await containersOf('switching')).toEqual([])
})

test('a release command that prints without end takes no memory, hinders nobody, and ends over a crash', async () => {
  const deployment = await begin('printing')
  await vm.hear(deployment.id, 'begun')
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
  expect(mostMemory()).toBeLessThan(400 * MEGABYTE)
  vm.receiver().kill('SIGKILL')
  await vm.receiver().exited
  await vm.start()
  const { status, error } = await end(deployment)
  expect(status).toBe('failed')
  expect(error).toMatchObject({ code: 'release_failed' })
  expect(error?.message).toContain('ran for more than 20 s and was stopped')
  expect(mostMemory()).toBeLessThan(400 * MEGABYTE)
  expect(await containersOf('printing')).toEqual([])
})
