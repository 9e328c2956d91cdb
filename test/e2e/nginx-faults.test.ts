// @module-tag long
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { ask } from '../support/ask.ts'
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
  await vm.reload()
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

test('while Nginx does not run, a deployment succeeds and says so, an app can be added, and Nginx has all of it when it starts', async () => {
  await withReplicas(3)
  await vm.nginx.stop()
  const { deployment } = await vm.hook({ image: `${vm.repository}@${digest}` })
  expect(deployment).toMatchObject({ status: 'succeeded' })
  const { text } = await vm.readText(`/deployments/${deployment.id}/events`)
  expect(text).toContain('warning: Nginx does not run: nothing listens at')
  vm.config.apps['added'] = { ...vm.config.apps['api'], domains: ['added.test'] }
  await vm.receiver().stop()
  await vm.start()
  const added = await vm.hook({ image: `${vm.repository}@${digest}` }, { app: 'added' })
  expect(added.deployment).toMatchObject({ status: 'succeeded' })
  const again = await startNginx({ dir: join(vm.nginx.directory, '..') })
  try {
    expect((await vm.visit()).body).toBe('one\n')
    expect((await ask({ port: vm.sites, domain: 'added.test' })).body).toBe('one\n')
    const anew = await vm.hook({ image: `${vm.repository}@${digest}` }, { app: 'added' })
    expect(anew.deployment).toMatchObject({
      status: 'succeeded',
      url: `http://added.test:${vm.sites}`,
    })
  } finally {
    await again.stop()
  }
})
