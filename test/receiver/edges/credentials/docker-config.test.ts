import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  dockerLogin,
  loginInFile,
  parseDockerConfig,
  toHostname,
} from '../../../../receiver/edges/credentials/docker-config.ts'

const { signal } = new AbortController()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-credentials-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))
const write = (name: string, text: string) => {
  const file = join(dir, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  return file
}
const base64 = (text: string) => Buffer.from(text).toString('base64')

const { configs, convertToHostname } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../vectors/docker-config/cases.json'), 'utf8'),
) as {
  configs: { name: string; json: string; expect?: string | Record<string, object> }[]
  convertToHostname: [string, string][]
}

test.for(configs)('docker/cli: $name', ({ json, expect: expected }) => {
  const config = parseDockerConfig(json)
  if (expected === 'error') return expect(config).toBeUndefined()
  expect(config).toBeDefined()
  if (typeof expected !== 'object') return
  for (const [key, login] of Object.entries(expected)) {
    expect(loginInFile(config ?? {}, key)).toEqual(login)
  }
})

test.for(convertToHostname)('docker/cli: %s is the host %s', ([name, host]) => {
  expect(toHostname(name)).toBe(host)
})

const at = (config: object) => {
  write('config.json', JSON.stringify(config))
  return { DOCKER_CONFIG: dir, PATH: `${dir}:${process.env['PATH']}` }
}
const helper = (name: string, script: string) => {
  const file = write(`docker-credential-${name}`, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

test('has a host under an older form of its name, and Docker Hub under its own', async () => {
  const env = at({
    auths: {
      'https://registry.example.com/v1/': { auth: base64('old:pw') },
      'https://index.docker.io/v1/': { auth: base64('hub:p:w\0\0') },
      'token.example.com': { auth: base64('x:'), identitytoken: 'refresh' },
      'plain.example.com': { username: 'me', password: 'pw' },
    },
  })
  const login = (host: string) => dockerLogin(host, env, signal)
  expect(await login('registry.example.com')).toEqual({ username: 'old', password: 'pw' })
  expect(await login('docker.io')).toEqual({ username: 'hub', password: 'p:w' })
  expect(await login('token.example.com')).toEqual({ identityToken: 'refresh' })
  expect(await login('plain.example.com')).toEqual({ username: 'me', password: 'pw' })
  expect(await login('ghcr.io')).toBeUndefined()
})

test('without a file has no logins', async () => {
  expect(await dockerLogin('ghcr.io', { DOCKER_CONFIG: dir }, signal)).toBeUndefined()
})

test('asks the helper of the host, which hears its name, else the store of all', async () => {
  helper('one', `printf '{"Username":"%s","Secret":"one of %s"}' u "$(cat)"`)
  helper(
    'all',
    `read -r host; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"all of $host\\"}"`,
  )
  const env = at({
    auths: { 'a.example.com': { auth: base64('not:this') } },
    credHelpers: { 'a.example.com': 'one' },
    credsStore: 'all',
  })
  expect(await dockerLogin('a.example.com', env, signal)).toEqual({
    username: 'u',
    password: 'one of a.example.com',
  })
  expect(await dockerLogin('docker.io', env, signal)).toEqual({
    identityToken: 'all of https://index.docker.io/v1/',
  })
})

test('a helper without a login for the host is none', async () => {
  helper('none', 'echo "credentials not found in native keychain"; exit 1')
  expect(await dockerLogin('ghcr.io', at({ credsStore: 'none' }), signal)).toBeUndefined()
})

test.for([
  ['is not there', undefined, 'docker-credential-broken is not there'],
  ['fails', 'echo "the keychain is locked"; exit 2', 'ended with 2: the keychain is locked'],
  ['says nonsense', 'echo nonsense', 'answered something else than JSON'],
] as const)('a helper that %s is named, with how to try it', async ([, script, message]) => {
  if (script !== undefined) helper('broken', script)
  await expect(dockerLogin('ghcr.io', at({ credsStore: 'broken' }), signal)).rejects.toMatchObject({
    code: 'registry_denied',
    message: expect.stringContaining(message),
    hint: expect.stringContaining('echo ghcr.io | docker-credential-broken get'),
  })
})

test('that is broken is named', async () => {
  write('config.json', '{')
  await expect(dockerLogin('ghcr.io', { DOCKER_CONFIG: dir }, signal)).rejects.toThrow(
    `${join(dir, 'config.json')} is not what Docker writes`,
  )
})
