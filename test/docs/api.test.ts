// @module-tag long
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { pushTiny } from '../support/tiny-image.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { fencedOf } from './fenced.ts'

const run = promisify(execFile)
const blocks = fencedOf(readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8'))
const secret = () => randomBytes(24).toString('hex')
const TOKEN = secret()
const READ_TOKEN = secret()

let vm: Vm

beforeAll(async () => {
  const stack = inject('stack')
  vm = await startVm(stack, 'docs-api')
  vm.config['url'] = `http://${vm.config.listen}`
  vm.config['read_tokens'] = [READ_TOKEN]
  Object.assign(vm.config.apps['api'] ?? {}, { auth: { basic: { token: TOKEN, deploy: true } } })
  await pushTiny({
    host: stack.dockerHost,
    image: `${vm.repository}:1.4.2`,
    version: '1.4.2',
    login: stack.registry,
  })
  await vm.start()
})
afterAll(() => vm.close())

/** A client of the page, on this VM instead of the one that it speaks of. */
const client = (language: string, begins: string): string => {
  const found = blocks.filter((each) => each.language === language && each.text.startsWith(begins))
  expect(found).toHaveLength(1)
  return (found[0]?.text ?? '')
    .replaceAll('https://deploy.example.com', vm.config['url'] as string)
    .replaceAll('ghcr.io/acme/api', vm.repository)
}
const execute = async (command: string, args: readonly string[]) =>
  run(command, args, { env: { ...process.env, TOKEN, READ_TOKEN } }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
      code,
      stdout,
      stderr,
    }),
  )
const curl = (change = (text: string) => text) =>
  execute('bash', ['-euo', 'pipefail', '-c', change(client('sh', 'url='))])
const typeScript = (change = (text: string) => text) => {
  const file = join(vm.dir, 'client.ts')
  writeFileSync(file, `${change(client('ts', 'const answer'))}\nexport {}\n`)
  return execute(process.execPath, [file])
}

test('the client in curl deploys, waits for the end, and says what is live', async () => {
  const { live } = (await vm.read('/apps/api')) as { live: unknown }
  expect(live).toBeNull()
  expect(await curl()).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/),
    stderr: '',
  })
})

test('the client in TypeScript deploys, and follows it to the end', async () => {
  const { code, stdout } = await typeScript()
  expect([code, stdout]).toEqual([0, expect.stringContaining('"status":"succeeded"')])
})

test.each([
  ['a deployment that failed', ':1.4.2', ':nowhere', /nowhere.*; .+/],
  ['a hook that is refused', 'acme/docs-api', 'other/app', /other\/app/],
])('the client in curl says why: %s', async (_, from, to, why) => {
  const failed = await curl((text) => text.replaceAll(from, to))
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(why) })
})

test('the client in TypeScript says why a hook is refused', async () => {
  const { code, stderr } = await typeScript((text) => text.replace('acme/docs-api', 'other/app'))
  expect([code, stderr]).toEqual([1, expect.stringContaining('other/app')])
})
