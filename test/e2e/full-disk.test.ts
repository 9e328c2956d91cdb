// @module-tag long
import { execFileSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type PrivateEngine, startDockerd } from '../support/dockerd.ts'
import { type Files, pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

const DISK_MEGABYTES = 40
/** It fits as it is sent, and not beside that once it is unpacked. */
const RANDOM_BYTES = 30_000_000
/** Next to nothing as they are sent, and more than the disk unpacked. */
const ZEROS_BYTES = 60_000_000

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

const push = (version: string, files?: Files) =>
  pushTiny({
    image: `${vm.repository}:${version}`,
    version,
    ...(files === undefined ? {} : { files }),
    login: stack.registry,
  })

test('an image that does not fit is refused before the pull, with figures, and the old version serves', async () => {
  expect((await vm.deploy(await push('small'))).status).toBe('succeeded')
  const { status, error } = await vm.deploy(
    await push('large', {
      layer: randomFillSync(Buffer.alloc(RANDOM_BYTES)),
    }),
  )
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'disk_full',
    hint: expect.stringContaining('docker system df'),
  })
  expect(error?.message).toMatch(
    /its 2 new layers are 30\.0 MB to pull and take at least 60\.\d MB unpacked, and \S+ has \d+\.\d MB left/,
  )
  await stillServes()
})

test('one that compresses well, and fills the disk as it is unpacked, ends in one message too', async () => {
  const { status, error } = await vm.deploy(
    await push('zeros', { layer: Buffer.alloc(ZEROS_BYTES) }),
  )
  expect(status).toBe('failed')
  expect(error).toMatchObject({
    code: 'disk_full',
    message: expect.stringContaining('no space left on device'),
    hint: expect.stringContaining('docker system df'),
  })
  await stillServes()
})

async function stillServes(): Promise<void> {
  expect(await vm.visit()).toEqual({ status: 200, body: 'small\n' })
  expect((await engine.docker.listContainers({ all: true })).length).toBe(1)
}
