import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../receiver/config/load.ts'
import { describeProblem } from '../../../receiver/config/problems.ts'

const SECRET = 'd41f8e0c93b2a7566f1e09ab47c38d25e6b0714f'
const TEXT = `url: https://d.example
read_tokens: ["\${TOKEN}"]
registries: { ghcr.io: { username: a, password_file: password } }
apps:
  api:
    image: ghcr.io/acme/api
    env_file: app.env
`
const WITH_SECRET = TEXT.replace('${TOKEN}', SECRET)
const isRoot = process.getuid?.() === 0

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'access-'))
  chmodSync(dir, 0o755)
  put('config.yaml', TEXT, 0o644)
  put('password', 'p', 0o600)
  put('app.env', `LOG_LEVEL=info\nAPI_TOKEN=${SECRET}\n`, 0o600)
})
afterEach(() => rmSync(dir, { recursive: true }))

function put(name: string, text: string, mode: number): void {
  writeFileSync(join(dir, name), text)
  chmodSync(join(dir, name), mode)
}

function warned(file = join(dir, 'config.yaml')): string[] {
  const said: string[] = []
  loadConfig(file, { TOKEN: SECRET }, ({ warnings }) =>
    said.push(...warnings.map((each) => describeProblem('config', each).replaceAll(dir, '.'))),
  )
  return said
}

test('files of secrets that are closed, and a config without any that is open, are right', () => {
  expect(warned()).toEqual([])
})

describe('others can read', () => {
  test.for([0o644, 0o604, 0o755])('a config with a secret in it: mode %o', (mode) => {
    put('config.yaml', WITH_SECRET, mode)
    expect(warned()).toEqual([
      `config:2:15: read_tokens[0]: others can read ./config.yaml (mode 0${mode.toString(8)}), which holds a secret; chmod 600 ./config.yaml`,
    ])
  })

  test('an env file', () => {
    chmodSync(join(dir, 'app.env'), 0o644)
    expect(warned()).toEqual([
      'config:7:15: apps.api.env_file: others can read ./app.env (mode 0644), which holds a secret; chmod 600 ./app.env',
    ])
  })

  test('a password file', () => {
    chmodSync(join(dir, 'password'), 0o644)
    expect(warned()).toEqual([
      'config:3:54: registries.ghcr.io.password_file: others can read ./password (mode 0644), which holds a secret; chmod 600 ./password',
    ])
  })

  test('but not an env file without secrets', () => {
    put('app.env', 'LOG_LEVEL=info\n', 0o644)
    expect(warned()).toEqual([])
  })

  test('but not a config whose password of a registry is filled in', () => {
    put('config.yaml', TEXT.replace('password_file: password', 'password: "${TOKEN}"'), 0o644)
    expect(warned()).toEqual([])
  })

  test('but not through a folder that is closed to them', () => {
    put('config.yaml', WITH_SECRET, 0o644)
    chmodSync(join(dir, 'app.env'), 0o666)
    chmodSync(dir, 0o700)
    expect(warned()).toEqual([])
  })

  test('what a link elsewhere leads to', () => {
    mkdirSync(join(dir, 'closed'))
    put('closed/config.yaml', WITH_SECRET, 0o644)
    put('closed/password', 'p', 0o600)
    put('closed/app.env', '', 0o600)
    rmSync(join(dir, 'config.yaml'))
    symlinkSync('closed/config.yaml', join(dir, 'config.yaml'))
    expect(warned()).toHaveLength(1)
    chmodSync(join(dir, 'closed'), 0o700)
    expect(warned()).toEqual([])
  })

  test.runIf(isRoot)('a file of a group, unless it is that of root', () => {
    put('config.yaml', WITH_SECRET, 0o640)
    expect(warned()).toEqual([])
    chownSync(join(dir, 'config.yaml'), 0, 4)
    expect(warned()).toHaveLength(1)
  })
})

describe('others can change', () => {
  test('a config that is open to them', () => {
    chmodSync(join(dir, 'config.yaml'), 0o646)
    expect(warned()).toEqual([
      'config:1:1: others can change ./config.yaml: ./config.yaml has mode 0646; chmod go-w ./config.yaml',
    ])
  })

  test('all that lies in a folder that is', () => {
    chmodSync(dir, 0o777)
    expect(warned()).toEqual(
      [
        'config:1:1: others can change ./config.yaml',
        'config:3:54: registries.ghcr.io.password_file: others can change ./password',
        'config:7:15: apps.api.env_file: others can change ./app.env',
      ].map((each) => `${each}: . has mode 0777; chmod go-w .`),
    )
  })

  test('but not in a folder in which each may take away only his own', () => {
    chmodSync(dir, 0o1777)
    expect(warned()).toEqual([])
  })

  test.runIf(isRoot)('what belongs to them', () => {
    chownSync(join(dir, 'config.yaml'), 1234, 0)
    expect(warned()).toEqual([
      'config:1:1: others can change ./config.yaml: ./config.yaml belongs to user 1234; chown root ./config.yaml',
    ])
  })
})
