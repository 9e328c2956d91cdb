import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import type { Deployment } from '../../protocol/deployment.ts'
import { startVm, type Vm } from '../support/vm.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/deploy-receiver', import.meta.url))
const SECRET = 'correct-horse-battery'
let vm: Vm
const digests: string[] = []

beforeAll(async () => {
  vm = await startVm(inject('stack'), 'operate')
  for (const version of ['one', 'two']) digests.push(await vm.push(version))
  digests.push(await vm.push('broken', { broken: true }))
  const { api = {} } = vm.config.apps
  api['environment'] = { KEY: '${KEY}', PLAIN: 'as it is' }
  api['volumes'] = ['operate-data:/data']
  vm.env['KEY'] = SECRET
  await vm.start()
})
afterAll(() => vm.close())

/** Runs a command as an operator would. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(PROGRAM, withConfig(args), (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** Before what is the command's own. */
const withConfig = (args: readonly string[]) => ['--config', join(vm.dir, 'config.yaml'), ...args]

/** One that does not end by itself. */
function start(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(PROGRAM, withConfig(args), { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  const hear = (chunk: Buffer) => (said += chunk.toString())
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, said: () => said }
}

const deploy = async (version: number): Promise<Deployment> => {
  const { stdout } = await run('deploy', 'api', digests[version - 1] ?? '', '--json')
  return JSON.parse(stdout) as Deployment
}

test('logs follows what is live over a swap, and ends at once', async () => {
  const first = await deploy(1)
  expect(first.status).toBe('succeeded')
  const { child, said } = start('logs', 'api', '-f', '-t')
  await vm.visit(`/?key=${SECRET}`)
  await expect.poll(said).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z .*\[KEY\]/m)
  const second = await deploy(2)
  await expect.poll(said).toContain(`-- ${second.id} of api is live now, in new containers`)
  await vm.visit('/after-the-swap')
  await expect.poll(said).toContain('/after-the-swap')
  // the receiver is restarted, and nothing is told twice
  await vm.receiver().stop()
  await expect.poll(said).toContain('the receiver went away')
  await vm.start()
  await vm.visit('/after-the-restart')
  await expect.poll(said).toContain('/after-the-restart')
  expect(said().split('/after-the-swap')).toHaveLength(2)
  expect(said()).not.toContain(SECRET)
  child.kill('SIGINT')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  expect(code ?? signal).toBe('SIGINT')
})

test('the logs of what was replaced and of what failed are kept', async () => {
  const { stdout } = await run('logs', 'api', '--previous')
  expect(stdout).toContain('?key=[KEY]')
  const { id, status } = await deploy(3)
  expect(status).toBe('failed')
  const { stdout: failed } = await run('logs', 'api', '--deployment', id.slice(0, 20), '-n', '3')
  expect(failed.trim().split('\n')).toHaveLength(3)
  expect(failed).toContain('404')
  const none = await run('logs', 'api', '--deployment', 'dep_none')
  expect(none.code).toBe(1)
  expect(none.stderr).toContain('deploy-receiver history api lists them')
  expect((await run('logs', 'api', '--since', '1s', '-n', 'all')).code).toBe(0)
  expect((await run('logs', 'api', '--since', 'x')).code).toBe(2)
})

test('show tells why a deployment failed, and who asked for it', async () => {
  const { stdout: list } = await run('history', 'api', '--json', '-n', '1')
  const [{ id = '' } = {}] = JSON.parse(list) as Partial<Deployment>[]
  const { stdout } = await run('show', id)
  expect(stdout).toMatch(new RegExp(`^${id}  deploy of api: failed\n`))
  expect(stdout).toMatch(/\n {2}asked by +socket, on the VM\n/)
  expect(stdout).toMatch(/\n {2}answer +GET \/healthz answered 404/)
  expect(stdout).toMatch(/\n {2}pull +\d+/)
  expect(stdout).toMatch(/\n {2}remedy +/)
  for (const line of stdout.split('\n').filter((each) => !each.startsWith('  | '))) {
    expect(line.length).toBeLessThanOrEqual(80)
  }
})
