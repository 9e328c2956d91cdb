import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { startVm, type Vm } from '../support/vm.ts'
import { EXECUTABLE, ROOT } from './out.ts'
import { serving } from './serving.ts'

const run = promisify(execFile)
const stack = inject('stack')
const SOURCES = join(ROOT, 'bin/deploy-receiver')
const TIMES = 8
let vm: Vm

beforeAll(async () => {
  vm = await startVm(stack, 'cost')
})
afterAll(() => vm.close())

test('a receiver of the executable takes less memory than one of the sources', async () => {
  const [sources, executable] = [await serving(vm, SOURCES), await serving(vm, EXECUTABLE)]
  const least = async (...words: string[]) => (await leastCpuMs(words)).toFixed(0)
  const figures = {
    'size of the executable, MB': (statSync(EXECUTABLE).size / 1e6).toFixed(0),
    'CPU of an empty script, ms': await least(process.execPath, '-e', ''),
    'CPU of `version`, ms (sources)': await least(SOURCES, 'version'),
    'CPU of `version`, ms (executable)': await least(EXECUTABLE, 'version'),
    'CPU of `--help`, ms (sources)': await least(SOURCES, '--help'),
    'CPU of `--help`, ms (executable)': await least(EXECUTABLE, '--help'),
    'serve, ready (sources)': `${sources.cpuMs} ms of CPU, ${sources.megabytes} MB`,
    'serve, ready (executable)': `${executable.cpuMs} ms of CPU, ${executable.megabytes} MB`,
  }
  console.table(figures)
  expect(executable.megabytes).toBeLessThan(sources.megabytes)
})

async function leastCpuMs(words: readonly string[]): Promise<number> {
  const script = `TIMEFORMAT='%U %S'; for i in {1..${TIMES}}; do { time "$@" >/dev/null 2>&1; } 2>&1; done`
  const { stdout } = await run('bash', ['-c', script, 'bash', ...words])
  const sums = stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [user = 0, system = 0] = line.split(' ').map(Number)
      return (user + system) * 1000
    })
  return Math.min(...sums)
}
