import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operate } from '../../support/operator.ts'
import { PROGRAM } from '../../support/program.ts'

const UNWISE = 'admin: "0.0.0.0" is not on loopback'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'check-'))
  file = join(dir, 'config.yaml')
  write('admin: 0.0.0.0:9081')
})
afterEach(() => rmSync(dir, { recursive: true }))

const write = (line: string) =>
  writeFileSync(
    file,
    `url: https://d.example\n${line}\ndata: ${dir}/data\napps: { api: { image: ghcr.io/acme/api } }\n`,
  )

const run = (...words: string[]) => operate([...words, '--config', file])
const serve = (): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, DOCKER_HOST: `unix://${dir}/none.sock` }
    execFile(PROGRAM, ['serve', '--config', file], { env }, (_, stdout, stderr) =>
      resolve({ stdout, stderr }),
    )
  })

test('check shows what is unwise as a warning, and takes the config', async () => {
  const { code, stdout, stderr } = await run('check')
  expect(stderr).toMatch(`warning: ${file}:2:8: ${UNWISE}`)
  expect(stdout).toMatch(`${file} is right: 1 app\n`)
  expect(code).toBe(0)
})

test('check --json has the warnings with their places', async () => {
  const { code, stdout } = await run('check', '--json')
  expect(JSON.parse(stdout)).toMatchObject({
    warnings: [{ line: 2, column: 8, path: 'admin', hint: expect.any(String) }],
  })
  expect(code).toBe(0)
})

test('check --strict fails for it, as for an error', async () => {
  const { code, stdout, stderr } = await run('check', '--strict')
  expect(stderr).toMatch(`deploy-receiver: ${file}:2:8: ${UNWISE}`)
  expect(stdout).toBe('')
  expect(code).toBe(1)
})

test('check --strict has nothing against a sensible config', async () => {
  write('admin: 127.0.0.1:9081')
  expect(await run('check', '--strict')).toMatchObject({ code: 0, stderr: '' })
})

test('what is passed over is a notice, with --json too, and --strict has nothing against it', async () => {
  writeFileSync(
    file,
    `url: https://d.example\ndata: ${dir}/data\napps: { api: { image: ghcr.io/acme/api, ports: ["80:80"] } }\n`,
  )
  const NOTICE = 'apps.api.ports: passed over: Nginx reaches it on its bridge'
  const { code, stderr } = await run('check', '--strict')
  expect(stderr).toBe(`notice: ${file}:3:48: ${NOTICE}\n`)
  expect(code).toBe(0)
  expect(JSON.parse((await run('check', '--json')).stdout)).toMatchObject({
    warnings: [],
    notices: [{ line: 3, path: 'apps.api.ports' }],
  })
  const [first = '{}'] = (await serve()).stdout.split('\n')
  expect(JSON.parse(first)).toMatchObject({ level: 'info', msg: expect.stringContaining(NOTICE) })
})

test('serve logs it, and goes on', async () => {
  const { stdout, stderr } = await serve()
  const [first = '{}'] = stdout.split('\n')
  expect(JSON.parse(first)).toMatchObject({ level: 'warn', msg: expect.stringContaining(UNWISE) })
  expect(stderr).toMatch('no Docker engine answers')
})

test('what is no command, word or option is named, with what may be meant', async () => {
  const wrong = async (...args: string[]) => {
    const { code, stderr } = await run(...args)
    return `${code} ${stderr}`
  }
  expect(await wrong('deply', 'api')).toMatch(
    /^2 .*unknown command 'deply'\n {2}\(Did you mean deploy\?\)\n {2}deploy-receiver --help/,
  )
  expect(await wrong('status', 'a', 'b')).toMatch(/^2 .*too many arguments for 'status'.* a, b\./)
  expect(await wrong('reload', '--force')).toMatch(/^2 .*unknown option '--force'\n {2}.*--help/)
  expect(await wrong('check', '--limit', '7')).toMatch(/^2 .*unknown option '--limit'/)
  expect(await wrong('audit', '--limit', '0')).toMatch(/^2 .*a whole number from 1 to 200/)
  expect(await wrong('deploy', '\u001B[2Jx', 'b', 'c')).not.toContain('\u001B')
})
