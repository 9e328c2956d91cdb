import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { chooseLogin } from '../../action/credentials.ts'
import { readInputs } from '../../action/inputs.ts'
import { linkEverythingElse, mergeLogin, prepareDocker, removeDocker } from '../../action/login.ts'
import { configKey, registryHost } from '../../action/registries/host.ts'
import { contextOf } from './context-of.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'login-test-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
})

const login = { registry: 'registry.example.com', username: 'ci', password: 'p:w' }
const AUTH = Buffer.from('ci:p:w').toString('base64')

test('the directory and its file are for the runner’s user alone', () => {
  const { directory } = prepareDocker(login, { DOCKER_CONFIG: home }, join(home, 'temp'))
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(statSync(join(directory, 'config.json')).mode & 0o777).toBe(0o600)
})

test('the post step knows the directory before anything lies in it', () => {
  vi.stubEnv('GITHUB_STATE', join(home, 'state'))
  const prepare = () => prepareDocker(login, { DOCKER_CONFIG: home }, join(home, 'temp'))
  // the runner’s file is not there: nothing can be remembered, and no login is written
  expect(prepare).toThrow(join(home, 'state'))
  const [name = ''] = readdirSync(join(home, 'temp'))
  expect(readdirSync(join(home, 'temp', name))).toEqual([])
  writeFileSync(join(home, 'state'), '')
  const { directory } = prepare()
  expect(readFileSync(join(home, 'state'), 'utf8')).toContain(directory)
})

test('a directory that cannot be removed is warned of, and hides no other error', async () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await removeDocker('/temp/deploy-action-docker-x', () => Promise.reject(new Error('EBUSY')))
  expect(said.mock.calls.join('')).toContain('::warning::/temp/deploy-action-docker-x, which holds')
})

test('the workflow’s own settings stay untouched and in force', () => {
  const original = join(home, 'docker')
  mkdirSync(join(original, 'buildx'), { recursive: true })
  mkdirSync(join(original, 'contexts'))
  writeFileSync(join(original, 'buildx', 'current'), 'chosen')
  const text = JSON.stringify({ currentContext: 'remote', auths: { 'ghcr.io': { auth: 'eDp5' } } })
  writeFileSync(join(original, 'config.json'), text)
  const { directory, env } = prepareDocker(login, { DOCKER_CONFIG: original, HOME: home }, home)
  expect(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))).toEqual({
    currentContext: 'remote',
    auths: { 'ghcr.io': { auth: 'eDp5' }, 'registry.example.com': { auth: AUTH } },
    credHelpers: { 'registry.example.com': '' },
  })
  expect(readFileSync(join(directory, 'buildx', 'current'), 'utf8')).toBe('chosen')
  expect(readdirSync(directory).sort()).toEqual(['buildx', 'config.json', 'contexts'])
  expect(env).toMatchObject({ DOCKER_CONFIG: directory, BUILDX_CONFIG: join(original, 'buildx') })
  rmSync(directory, { recursive: true })
  expect(readFileSync(join(original, 'config.json'), 'utf8')).toBe(text)
  expect(readdirSync(join(original, 'buildx'))).toEqual(['current'])
})

test('where links need a privilege a folder is a junction and a file a copy', () => {
  const [original, directory] = [join(home, 'docker'), join(home, 'private')]
  mkdirSync(join(original, 'contexts'), { recursive: true })
  mkdirSync(directory)
  writeFileSync(join(original, 'daemon.json'), '{}')
  symlinkSync(join(home, 'gone'), join(original, 'leads-nowhere'))
  symlinkSync(join(original, 'circle'), join(original, 'circle'))
  const links: unknown[] = []
  linkEverythingElse(original, directory, (from, _, type) => {
    links.push([from, type])
    if (type === 'file') throw Object.assign(new Error('not permitted'), { code: 'EPERM' })
  })
  expect(links).toEqual([
    [join(original, 'contexts'), 'junction'],
    [join(original, 'daemon.json'), 'file'],
  ])
  expect(readFileSync(join(directory, 'daemon.json'), 'utf8')).toBe('{}')
})

test('where nothing can be linked, as a folder on a share, it is copied', () => {
  const [original, directory] = [join(home, 'docker'), join(home, 'private')]
  mkdirSync(join(original, 'contexts', 'meta'), { recursive: true })
  mkdirSync(directory)
  writeFileSync(join(original, 'contexts', 'meta', 'meta.json'), '{}')
  linkEverythingElse(original, directory, () => {
    throw Object.assign(new Error('no junction to a share'), { code: 'EINVAL' })
  })
  expect(readFileSync(join(directory, 'contexts', 'meta', 'meta.json'), 'utf8')).toBe('{}')
})

test('where a variable’s name may be in any letters, the child gets one of it', () => {
  // process.env of Windows: asked in any letters, listed as it was set
  const given = { Docker_Config: home, buildx_config: 'D:\\buildx', Path: 'C:\\' }
  const insensitive = new Proxy<NodeJS.ProcessEnv>(given, {
    get: (env, name) =>
      Object.entries(env).find(([one]) => one.toUpperCase() === String(name).toUpperCase())?.[1],
  })
  const { directory, env } = prepareDocker(undefined, insensitive, home)
  expect(env).toEqual({ DOCKER_CONFIG: directory, BUILDX_CONFIG: 'D:\\buildx', Path: 'C:\\' })
})

test('a credential store keeps serving the other hosts and hides this one no more', () => {
  const merged = mergeLogin(
    {
      credsStore: 'desktop',
      credHelpers: { 'a.example.com': 'ecr-login', 'registry.example.com': 'x' },
    },
    login,
  )
  expect(merged).toEqual({
    credsStore: 'desktop',
    auths: { 'registry.example.com': { auth: AUTH } },
    credHelpers: { 'a.example.com': 'ecr-login', 'registry.example.com': '' },
  })
})

test('a login that is good for several registries stands beside each, before all that hid it', () => {
  const several = { ...login, alsoAt: ['b.example.com'] }
  const given = { auths: { 'b.example.com': { auth: 'eDp5' }, 'c.example.com': { auth: 'eDp5' } } }
  const { directory, env } = prepareDocker(
    several,
    { DOCKER_CONFIG: home, DOCKER_AUTH_CONFIG: JSON.stringify(given) },
    join(home, 'temp'),
  )
  expect(JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'))).toEqual({
    auths: { 'registry.example.com': { auth: AUTH }, 'b.example.com': { auth: AUTH } },
    credHelpers: { 'registry.example.com': '', 'b.example.com': '' },
  })
  expect(JSON.parse(env['DOCKER_AUTH_CONFIG'] ?? '')).toEqual({
    auths: { 'c.example.com': { auth: 'eDp5' } },
  })
})

test('no input reaches the child processes, and DOCKER_AUTH_CONFIG does not hide the login', () => {
  const given = {
    auths: { 'registry.example.com': { auth: 'b2xk' }, 'b.example.com': { auth: 'eDp5' } },
  }
  const { env } = prepareDocker(
    login,
    { DOCKER_CONFIG: home, INPUT_PASSWORD: 'p:w', DOCKER_AUTH_CONFIG: JSON.stringify(given) },
    join(home, 'temp'),
  )
  expect(env['INPUT_PASSWORD']).toBeUndefined()
  expect(JSON.parse(env['DOCKER_AUTH_CONFIG'] ?? '')).toEqual({
    auths: { 'b.example.com': { auth: 'eDp5' } },
  })
})

test('a broken config.json is an error that names the file', () => {
  writeFileSync(join(home, 'config.json'), '{')
  expect(() => prepareDocker(login, { DOCKER_CONFIG: home }, home)).toThrow(
    join(home, 'config.json'),
  )
})

test('an empty config.json is none', () => {
  writeFileSync(join(home, 'config.json'), '')
  const { directory } = prepareDocker(undefined, { DOCKER_CONFIG: home }, join(home, 'temp'))
  expect(readFileSync(join(directory, 'config.json'), 'utf8')).toBe('{}\n')
})

test('the docker command itself takes the settings', () => {
  const { env } = prepareDocker(login, { ...process.env, DOCKER_CONFIG: home }, join(home, 'temp'))
  expect(execFileSync('docker', ['--version'], { env, encoding: 'utf8' })).toContain(
    'Docker version',
  )
})

test.each([
  ['docker.io', 'https://index.docker.io/v1/'],
  ['https://index.docker.io/v1/', 'https://index.docker.io/v1/'],
  ['registry-1.docker.io', 'https://index.docker.io/v1/'],
  ['GHCR.io', 'ghcr.io'],
  ['https://example.com:6555/v2/', 'example.com:6555'],
  ['[::1]:5000', '[::1]:5000'],
])('the entry of %s is %s', (registry, key) => {
  expect(configKey(registry)).toBe(key)
  expect(registryHost(registryHost(registry))).toBe(registryHost(registry))
})

describe('who signs in', () => {
  const choose = (inputs: Record<string, string>, serverUrl = 'https://github.com') => {
    const run = contextOf({ serverUrl })
    const given: Record<string, string> = { 'github-token': 'ghs_1', ...inputs }
    const chosen = readInputs(run, (name) => given[name] ?? '')
    return chooseLogin(chosen, run, {}, new AbortController().signal)
  }

  test('GHCR takes the workflow’s token', async () => {
    expect(await choose({})).toEqual({
      registry: 'ghcr.io',
      username: 'octocat',
      password: 'ghs_1',
    })
  })

  test('no other registry is ever sent the workflow’s token', async () => {
    expect(await choose({ registry: 'registry.example.com' })).toBeUndefined()
    expect(await choose({ registry: 'ghcr.io.evil.example' })).toBeUndefined()
  })

  test('nor when github-token is another one: the token is known by its form', async () => {
    const inputs = { 'github-token': 'ghp_2', password: 'ghs_1' }
    expect(await choose({ ...inputs, image: 'docker.io/acme/api' })).toBeUndefined()
    expect(await choose(inputs)).toMatchObject({ registry: 'ghcr.io', password: 'ghs_1' })
  })

  test('a company’s own GitHub has a registry beside it, and ghcr.io never gets its token', async () => {
    const company = 'https://git.acme.com'
    const registry = 'containers.git.acme.com'
    expect(await choose({ registry }, company)).toBeDefined()
    expect(await choose({ registry: 'docker.git.acme.com' }, company)).toBeDefined()
    expect(await choose({}, company)).toMatchObject({ registry })
    expect(await choose({ registry: 'ghcr.io' }, company)).toBeUndefined()
    expect(await choose({ image: 'ghcr.io/acme/api' }, company)).toBeUndefined()
    expect(await choose({ registry: 'maven.pkg.github.com' }, company)).toBeUndefined()
    const own = { registry: 'ghcr.io', username: 'ci', password: 'ghp_2' }
    expect(await choose(own, company)).toEqual(own)
  })

  test('what is for another kind of registry is said to do nothing', async () => {
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const role = { 'aws-role': 'arn:aws:iam::123456789012:role/deploy', 'azure-client-id': 'c' }
    const ecr = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
    await choose({ images: `ghcr.io/acme/api\n${ecr}/api`, ...role })
    const lines = said.mock.calls.map(([line]) => String(line).trim())
    expect(lines).toEqual([
      'input aws-role does nothing at ghcr.io: write the host that it is for as registry',
      'input azure-client-id does nothing at ghcr.io: write the host that it is for as registry',
    ])
  })

  test('beside the user AWS stands a token of ECR’s, which is taken as it is', async () => {
    const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
    const token = { registry, username: 'AWS', password: 'ecr-token' }
    expect(await choose(token)).toEqual(token)
  })

  test('a service account of Google without a provider is told what is missing', async () => {
    const inputs = {
      registry: 'gcr.io',
      'gcp-service-account': 'push@acme.iam.gserviceaccount.com',
    }
    await expect(choose(inputs)).rejects.toMatchObject({
      code: 'bad_input',
      message: 'gcp-service-account needs gcp-workload-identity-provider',
    })
  })

  test('a password goes to the registry that is written, whatever the first of the images is', async () => {
    const given = { images: 'acme/api\nghcr.io/acme/api', username: 'ci', password: 'ghp_own' }
    expect(await choose({ ...given, registry: 'ghcr.io' })).toMatchObject({ registry: 'ghcr.io' })
    expect(await choose(given)).toMatchObject({ registry: 'docker.io' })
    const { images: _, ...own } = given
    expect(await choose({ ...own, tags: 'acme/api:1' })).toMatchObject({ registry: 'docker.io' })
  })

  test('any registry takes a password of its own', async () => {
    expect(
      await choose({ registry: 'registry.example.com', password: 'pw', username: 'ci' }),
    ).toMatchObject({
      registry: 'registry.example.com',
      username: 'ci',
    })
  })
})
