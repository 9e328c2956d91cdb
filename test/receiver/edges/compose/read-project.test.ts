import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readProject } from '../../../../receiver/edges/compose/read-project.ts'

let dir: string
let file: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'compose-read-'))
  file = join(dir, 'compose.yaml')
  writeFileSync(file, 'services: { web: { image: "acme/shop:${TAG}", command: "a $$b" } }\n')
})
afterAll(() => rmSync(dir, { recursive: true }))

/** A stand-in for the docker command. */
function program(name: string, script: string): string {
  const path = join(dir, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}
const source = (at: string = file) => ({ files: [at], profiles: [] })

test('Compose reads the project, with variables of the environment but none of its own that lead elsewhere', async () => {
  const { json, warnings, version } = await readProject(source(), {
    ...process.env,
    TAG: '1.2',
    COMPOSE_FILE: '/nowhere.yaml',
    COMPOSE_PROJECT_NAME: 'other',
  })
  expect(warnings).toStrictEqual([])
  expect(version).toMatch(/^[2-9]/)
  expect(json).toMatchObject({
    name: expect.stringContaining('compose-read-') as string,
    services: { web: { image: 'acme/shop:1.2', command: ['a', '$$b'] } },
  })
})

test('a variable that is not set is a warning', async () => {
  const { warnings } = await readProject(source(), { ...process.env, TAG: undefined })
  expect(warnings).toStrictEqual(['The "TAG" variable is not set. Defaulting to a blank string.'])
})

test('what Compose refuses is told in its words', async () => {
  const wrong = join(dir, 'wrong.yaml')
  writeFileSync(wrong, 'services: { web: { imag: x } }\n')
  await expect(readProject(source(wrong), process.env)).rejects.toThrow(
    /^Compose refuses .*wrong\.yaml: .*imag/,
  )
})

test('a file that is not there is named before Compose is asked', async () => {
  await expect(readProject(source(join(dir, 'none.yaml')), process.env)).rejects.toThrow(
    `${dir}/none.yaml is not there`,
  )
  const envFile = join(dir, 'none.env')
  await expect(readProject({ ...source(), envFile }, process.env)).rejects.toThrow(
    `${envFile} is not there`,
  )
})

test('an older one that refuses a file tells what it lacks', async () => {
  const stand = program(
    'refuses',
    'case "$*" in *version*) echo v2.23.0;; *) echo no >&2; exit 15;; esac',
  )
  await expect(readProject(source(), process.env, { program: stand })).rejects.toMatchObject({
    message: expect.stringMatching(/^Compose refuses .*: no$/),
    hint: expect.stringContaining(
      '(it is 2.23.0, which lacks `required` of an env file (2.24.0), ',
    ),
  })
})

const OLD = 'case "$*" in *version*) echo v2.19.1;; *) echo "{}";; esac'
const NO_COMPOSE = `echo "docker: 'compose' is not a docker command." >&2; exit 1`
const NO_JSON = 'case "$*" in *version*) echo 2.26.1;; *) echo no;; esac'

test.for([
  ['an older Compose', OLD, /Docker Compose is 2.19.1, and at least 2.20 is needed/],
  ['a docker without Compose', NO_COMPOSE, /there is no Docker Compose: docker: 'compose' is not/],
  ['what is no JSON', NO_JSON, /what Compose says of .* is not JSON/],
] as const)('%s ends in one message', async ([name, script, message]) => {
  const stand = program(name.replaceAll(' ', '-'), script)
  await expect(readProject(source(), process.env, { program: stand })).rejects.toThrow(message)
})

test('a Compose that hangs is ended, with all that it started', async () => {
  const hanging = program(
    'hangs',
    'case "$*" in *version*) echo 2.26.1;; *) sleep 1000 & wait;; esac',
  )
  await expect(
    readProject(source(), process.env, { program: hanging, limitMs: 1000 }),
  ).rejects.toThrow(/did not end within 1 s/)
})

test('a machine without docker is told so', async () => {
  await expect(
    readProject(source(), process.env, { program: join(dir, 'no-docker') }),
  ).rejects.toThrow('the docker command is not there')
})
