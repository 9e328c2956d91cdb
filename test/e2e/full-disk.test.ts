import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type PrivateEngine, startDockerd } from '../support/dockerd.ts'
import { pushTiny } from '../support/images.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const DISK_MEGABYTES = 40
const LAYER_BYTES = 60_000_000

const stack = inject('stack')
let workspace: Workspace
let engine: PrivateEngine
let vm: Vm

/** An engine whose disk is small. */
beforeAll(async () => {
  workspace = openWorkspace()
  const dir = workspace.folder('engine')
  const store = join(dir, 'store')
  mkdirSync(store)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', store])
  engine = await startDockerd({ dir })
  vm = await startVm({ ...stack, dockerHost: engine.host }, 'full-disk')
  await vm.start()
})
afterAll(async () => {
  await vm.close()
  await engine.stop()
  await workspace.close()
})

const push = (version: string, dockerfile = '') =>
  pushTiny({
    host: stack.dockerHost,
    dir: vm.dir,
    image: `${vm.repository}:${version}`,
    version,
    dockerfile,
    login: stack.registry,
  })

test('a pull that fills the disk ends in one message with the remedy, and the old version serves', async () => {
  expect((await vm.deploy(await push('small'))).status).toBe('succeeded')
  const context = join(vm.dir, 'tiny-large')
  mkdirSync(context)
  writeFileSync(join(context, 'layer'), randomFillSync(Buffer.alloc(LAYER_BYTES)))
  const { status, error } = await vm.deploy(await push('large', 'COPY layer /layer'))
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'disk_full',
    hint: expect.stringContaining('docker system df'),
  })
  expect(error?.message).toContain('no space left on device')
  expect(await vm.visit()).toEqual({ status: 200, body: 'small\n' })
  expect((await engine.docker.listContainers({ all: true })).length).toBe(1)
})
