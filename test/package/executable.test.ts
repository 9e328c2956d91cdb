import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { operate } from '../support/operator.ts'
import { waitFor } from '../support/processes.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { EXECUTABLE } from './out.ts'

const run = promisify(execFile)
const stack = inject('stack')
let vm: Vm

beforeAll(async () => {
  vm = await startVm(stack, 'executable')
  vm.within = ['/bin/sh', '-c', `shift; exec ${EXECUTABLE} "$@"`, 'sh']
})
afterAll(() => vm.close())

test('it says of each command what the sources say', async () => {
  const { stdout } = await operate(['--help'])
  expect((await run(EXECUTABLE, ['--help'])).stdout).toBe(stdout)
  for (const command of ['serve', 'check', 'rollback', 'completion']) {
    const words = [command, '--help']
    expect((await run(EXECUTABLE, words)).stdout).toBe((await operate(words)).stdout)
  }
})

test('nothing of Node is said on standard error', async () => {
  const { stderr } = await run(EXECUTABLE, ['version'])
  expect(stderr).toBe('')
})

test('its watchdog, a thread, says that it stands still', async () => {
  // a program of Node may be given a module to load first: this one stands still when it is told to
  const still = join(vm.dir, 'still.cjs')
  writeFileSync(
    still,
    `if (require('node:worker_threads').isMainThread) process.on('SIGUSR2', () => { for (;;); })`,
  )
  vm.env = { NODE_OPTIONS: `--require ${still}` }
  const receiver = await vm.start()
  receiver.kill('SIGUSR2')
  await waitFor(() => receiver.log().includes('the receiver stands still'), {
    what: 'its watchdog said nothing',
    running: receiver,
    deadlineMs: 600_000,
  })
  receiver.kill('SIGKILL')
})
