import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startNginx } from '../support/nginx.ts'
import { startVm, type Vm } from '../support/vm.ts'

const stack = inject('stack')
let vm: Vm
let digest: string

beforeAll(async () => {
  vm = await startVm(stack, 'nginx-faults')
  Object.assign(vm.config.apps['api'] ?? {}, { watch: '200ms', drain: '200ms' })
  digest = await vm.push('one')
  await vm.start()
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
})
afterAll(() => vm.close())

/** Another number of replicas is what Nginx has to know of with the next deployment. */
async function withReplicas(replicas: number): Promise<void> {
  Object.assign(vm.config.apps['api'] ?? {}, { replicas })
  await vm.receiver().stop()
  await vm.start()
}

test('while nginx -t refuses the files, a deployment that changes them fails with its words, and the old one serves', async () => {
  await withReplicas(2)
  const broken = join(vm.nginx.directory, 'zz-someone.conf')
  writeFileSync(broken, 'sever { listen 1; }\n')
  const { status, error } = await vm.deploy(digest)
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'nginx_failed',
    message: expect.stringContaining('unknown directive "sever"'),
  })
  expect((await vm.visit()).body).toBe('one\n')
  rmSync(broken)
  expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
})

test('while Nginx does not run, a deployment that it has to know of fails and asks whether it runs', async () => {
  await withReplicas(3)
  await vm.nginx.stop()
  const { status, error } = await vm.deploy(digest)
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'nginx_failed',
    hint: expect.stringContaining('is Nginx running?'),
  })
  const again = await startNginx({ dir: join(vm.nginx.directory, '..') })
  try {
    expect((await vm.visit()).body).toBe('one\n')
    expect(await vm.deploy(digest)).toMatchObject({ status: 'succeeded' })
    expect((await vm.visit()).body).toBe('one\n')
  } finally {
    await again.stop()
  }
})
