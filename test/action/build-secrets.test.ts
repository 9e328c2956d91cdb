import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareSecrets } from '../../action/build-secrets.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-secrets-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const NONE = { secrets: [], secretFiles: [], secretEnvs: [] }

test('a value goes to a file of its own that nobody else may read, whatever is in it', () => {
  const value = 'line one\nline "two", with = and a comma\n'
  const [given = ''] = prepareSecrets({ ...NONE, secrets: [`npm_token=${value}`] }, dir, {})
  const file = /^id=npm_token,src=(.*)$/.exec(given)?.[1] ?? ''
  expect(readFileSync(file, 'utf8')).toBe(value)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
})

test('files and variables are named, not copied', () => {
  const file = join(dir, 'key')
  writeFileSync(file, 'k')
  expect(
    prepareSecrets({ ...NONE, secretFiles: [`key=${file}`], secretEnvs: ['token=MY_TOKEN'] }, dir, {
      MY_TOKEN: 't',
    }),
  ).toEqual([`id=key,src=${file}`, 'id=token,env=MY_TOKEN'])
})

test.for([
  [{ secrets: ['hunter2'] }, 'input secrets: one of its lines is not id=value'],
  [{ secrets: ['=hunter2'] }, 'input secrets: one of its lines is not id=value'],
  [{ secrets: ['a,b=hunter2'] }, 'input secrets: one of its lines is not id=value'],
  [{ secrets: ['a='] }, 'input secrets: one of its lines is not id=value'],
  [{ secretFiles: ['a=/no/such/file'] }, 'a is /no/such/file, which is not there'],
  [{ secretEnvs: ['a=NOT_SET'] }, 'a is NOT_SET, which is not set'],
] as const)('%j is refused without showing a value', ([inputs, message]) => {
  const refused = () => prepareSecrets({ ...NONE, ...inputs }, dir, {})
  expect(refused).toThrow(message)
  expect(refused).not.toThrow('hunter2')
})
