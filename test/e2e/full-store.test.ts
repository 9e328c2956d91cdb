// @module-tag long
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type Deployment, isFinal } from '../../protocol/deployment.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'

// the receiver's own data lies on a small disk
const DISK_MEGABYTES = 6
const stack = inject('stack')
let vm: Vm
let data: string
let one: string
let two: string

beforeAll(async () => {
  vm = await startVm(stack, 'full-store')
  data = String(vm.config['data'])
  mkdirSync(data, { mode: 0o711 })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', data])
  one = await vm.push('one')
  two = await vm.push('two')
  await vm.start()
  expect(await vm.deploy(one)).toMatchObject({ status: 'succeeded' })
})
afterAll(async () => {
  await vm.receiver().stop()
  execFileSync('umount', [data])
  await vm.close()
})

const filler = () => join(data, 'filler')
function fillDisk(): void {
  try {
    writeFileSync(filler(), Buffer.alloc(DISK_MEGABYTES * 1024 * 1024))
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
  }
}
const freeDisk = () => rmSync(filler())

test('a hook that cannot be kept is not taken, and says why', async () => {
  fillDisk()
  const answer = await vm.hook({ image: `${vm.repository}@${two}` })
  expect(answer).toMatchObject({
    status: 503,
    code: 'store_failed',
    hint: expect.stringContaining(data),
  })
  expect((await vm.visit()).body).toBe('one\n')
  freeDisk()
  expect(await vm.deploy(two)).toMatchObject({ status: 'succeeded' })
})

test('a deployment on whose way the disk fills up comes to its end when there is room', async () => {
  const { deployment } = await vm.hook({ image: `${vm.repository}@${one}` }, { wait: 0 })
  fillDisk()
  await waitFor(() => vm.receiver().log(100).includes('the app cannot be worked on'), {
    what: 'it did not notice',
  })
  expect((await vm.visit()).status).toBe(200)
  freeDisk()
  const read = async () => (await vm.read(`/deployments/${deployment.id}`)) as Deployment
  await waitFor(async () => isFinal((await read()).status), { what: 'it has no end' })
  const { status } = await read()
  expect((await vm.visit()).body).toBe(status === 'succeeded' ? 'one\n' : 'two\n')
})
