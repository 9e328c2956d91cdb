import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VERSION } from '../../receiver/version.ts'
import { BUNDLE, bundleReceiver } from '../../script/package/bundle.ts'
import { licencesOf } from '../../script/licences.ts'
import { operate } from '../support/operator.ts'

let folder: string
let modules: readonly string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  modules = await bundleReceiver(folder, VERSION)
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...words: string[]) =>
  promisify(execFile)(process.execPath, [join(folder, BUNDLE), ...words])

test('the receiver becomes one file, which needs nothing beside it', async () => {
  expect(readdirSync(folder)).toEqual([BUNDLE])
  expect((await run('version')).stdout).toBe(`${VERSION}\n`)
})

test('the bundle says what the sources say', async () => {
  expect((await run('--help')).stdout).toBe((await operate(['--help'])).stdout)
  // it reads YAML, which is loaded when it is needed
  const config = join(folder, 'config.yaml')
  writeFileSync(config, 'url: http://example.com\nsocket: /nowhere\napps: {}\n')
  for (const words of [
    ['check', '--config', config],
    ['status', '--config', config],
  ]) {
    const ran = await run(...words).catch((error: unknown) => error as object)
    expect(ran).toMatchObject(
      await operate(words).then(({ stdout, stderr }) => ({ stdout, stderr })),
    )
  }
})

test('what is in the bundle comes with its licence, and is no tool of ours', async () => {
  const names = (await licencesOf(modules)).match(/^\S+ \d+\.\d+\.\d+ \(.*\)$/gm) ?? []
  expect(names.length).toBeGreaterThan(20)
  expect(
    names.filter((name) => /^(rolldown|vitest|typescript|@grpc|protobufjs)/.test(name)),
  ).toEqual([])
  expect(readFileSync(join(folder, BUNDLE), 'latin1')).not.toMatch(/[^\0-\x7f]/)
})
