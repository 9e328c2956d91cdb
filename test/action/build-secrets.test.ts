import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { prepareSecrets } from '../../action/build-secrets.ts'
import { runAction } from '../support/github-runner.ts'

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

test('any id reaches buildx whole', () => {
  const given = prepareSecrets(
    {
      ...NONE,
      secrets: ['a,b=1'],
      secretEnvs: ['npm:@acme/x=T', 'GIT_AUTH_TOKEN.10.0.0.5:22827=T'],
    },
    dir,
    { T: 't' },
  )
  expect(given).toEqual([
    `"id=a,b",src=${join(dir, 'secrets', '0')}`,
    'id=npm:@acme/x,env=T',
    'id=GIT_AUTH_TOKEN.10.0.0.5:22827,env=T',
  ])
})

test('nothing is written into the workflow’s own settings, by whatever names they have some', async () => {
  const [settings, bin] = [join(dir, 'docker'), join(dir, 'bin')]
  mkdirSync(join(settings, 'secrets'), { recursive: true })
  mkdirSync(bin)
  writeFileSync(join(settings, 'metadata.json'), 'theirs')
  const script = `#!/bin/sh
[ "$2" = version ] && exit 0
while [ "$1" != --metadata-file ]; do shift; done
echo '{}' >"$2"
exit 1
`
  writeFileSync(join(bin, 'docker'), script, { mode: 0o755 })
  const run = await runAction({
    inputs: { secrets: 'token=hunter2-hunter2' },
    env: { PATH: `${bin}:${process.env['PATH']}`, DOCKER_CONFIG: settings },
  })
  expect(run.annotations.map(({ message }) => message)).toEqual([
    'docker buildx build ended with status 1\nIts output above says why.',
  ])
  expect(readdirSync(settings, { recursive: true, encoding: 'utf8' }).toSorted()).toEqual([
    'metadata.json',
    'secrets',
  ])
  expect(readFileSync(join(settings, 'metadata.json'), 'utf8')).toBe('theirs')
})

/** What is printed meanwhile. */
const printed = (work: () => unknown): { given: unknown; text: string } => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const given = work()
  const text = said.mock.calls.map(([line]) => line).join('')
  said.mockRestore()
  return { given, text }
}

test.for([
  [{ secrets: ['hunter2'] }, 'input secrets: one of its lines is not id=value'],
  [{ secrets: ['=hunter2'] }, 'input secrets: one of its lines is not id=value'],
  [{ secrets: ['a='] }, 'input secrets: a is empty'],
  [{ secrets: [' a= \n'] }, 'input secrets: a is empty'],
  [{ secretFiles: ['a=/hunter2'] }, 'input secret-files: the file that a names is not there'],
  [{ secretEnvs: ['a=hunter2'] }, 'input secret-envs: the variable that a names is not set'],
] as const)('%j is left out with a warning that shows no value', ([inputs, message]) => {
  const { given, text } = printed(() => prepareSecrets({ ...NONE, ...inputs }, dir, {}))
  expect(given).toEqual([])
  expect(text).toContain('::warning::')
  expect(text).toContain(message)
  expect(text).not.toContain('hunter2')
})

test('what is too short for a secret is not crossed out all over the log', () => {
  const json = '{\n  "private": "0123456789abcdef"\n}'
  const { text } = printed(() =>
    prepareSecrets(
      { secrets: ['flag=1', `json=${json}`], secretFiles: [], secretEnvs: ['on=ON'] },
      dir,
      {
        ON: 'production',
      },
    ),
  )
  expect(text.trim()).toBe('::add-mask::"private": "0123456789abcdef"')
})
