import { execFile } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { PROGRAM } from '../support/program.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { OUT, ROOT } from './out.ts'

const run = promisify(execFile)
const stack = inject('stack')
const env = { ...process.env, DOCKER_HOST: stack.dockerHost }
const docker = async (...args: string[]) => (await run('docker', args, { env })).stdout
const IMAGE = 'deploy-receiver:test'
let vm: Vm

beforeAll(async () => {
  const file = join(ROOT, 'install/Dockerfile')
  await docker('build', '--quiet', '--network', 'none', '-t', IMAGE, '-f', file, join(OUT, 'image'))
  vm = await startVm(stack, 'in-a-container')
  // Nginx is the machine's: its commands are run where it runs
  const outside = `nsenter -t ${vm.nginx.pid} -m --`
  const { nginx } = vm.config as unknown as { nginx: Record<string, string> }
  Object.assign(nginx, {
    test: `${outside} ${nginx['test']}`,
    reload: `${outside} ${nginx['reload']}`,
  })
  // in place of the program of the sources, which is its first argument
  const inContainer = join(vm.dir, 'in-container')
  writeFileSync(
    inContainer,
    `#!/bin/sh
[ "$1" = '${PROGRAM}' ] && shift
exec docker run --rm --name receiver-under-test --network host --pid host --privileged -v '${vm.dir}:${vm.dir}' \\
  -v '${stack.dir}:${stack.dir}' -e DOCKER_HOST -e REGISTRY_PASSWORD ${IMAGE} "$@"
`,
  )
  chmodSync(inContainer, 0o755)
  vm.within = [inContainer]
})
afterAll(() => vm.close())

test('alone in a container, with the libraries that it is linked to, it deploys, refuses and goes back', async () => {
  await vm.start()
  const [first, second, broken] = [
    await vm.push('1'),
    await vm.push('2'),
    await vm.push('3', { broken: true }),
  ]
  expect(await vm.deploy(first)).toMatchObject({ status: 'succeeded' })
  expect((await vm.visit()).body).toContain('1')
  expect(await vm.deploy(second)).toMatchObject({ status: 'succeeded' })
  expect(await vm.deploy(broken)).toMatchObject({ status: 'failed' })
  expect((await vm.visit()).body).toContain('2')
  const { deployment } = await vm.hook({ rollback: 'previous' })
  expect(deployment).toMatchObject({ status: 'succeeded' })
  expect((await vm.visit()).body).toContain('1')
})

test('its commands and its health are asked in the container', async () => {
  const config = join(vm.dir, 'config.yaml')
  const said = await docker(
    'exec',
    'receiver-under-test',
    '/usr/bin/deploy-receiver',
    '--config',
    config,
    'status',
  )
  expect(said).toContain('api')
  const { Config } = JSON.parse(await docker('inspect', '--format', '{{json .}}', IMAGE)) as {
    Config: { Healthcheck: { Test: string[] } }
  }
  expect(Config.Healthcheck.Test).toEqual(['CMD', '/usr/bin/deploy-receiver', 'status'])
})
