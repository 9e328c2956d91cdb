import { onThisMachine } from '../../../receiver/core/app.ts'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FirstConfig, TRIGGERS } from '../../../receiver/config/first-config.ts'
import { loadConfig } from '../../../receiver/config/load.ts'
import { writeFirstFiles } from '../../../receiver/serve/first-files.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'first-')), 'deploy-receiver')
  file = join(dir, 'config.yaml')
})
afterEach(() => rmSync(join(dir, '..'), { recursive: true }))

const PASSWORD = `a "b" 'c' $d \\e #f\ng`
const github = { name: 'acme/api', branch: 'main' }
const ids = { repository: '123456789', owner: '42' }
const BASE: FirstConfig = {
  host: 'deploy.example.com',
  app: 'api',
  image: 'ghcr.io/acme/api',
  domain: 'api.example.com',
  trigger: 'oidc',
  github,
}
const read = () => {
  const remarks: unknown[] = []
  const config = loadConfig(file, {}, (found) => remarks.push(...found.warnings, ...found.notices))
  return { config, remarks }
}

const IMAGES = ['ghcr.io/acme/api', 'acme.azurecr.io/team/api:1.0', 'docker.io/library/nginx']
const combinations: FirstConfig[] = TRIGGERS.flatMap((trigger) =>
  IMAGES.flatMap((image) =>
    [{}, { email: 'ops@example.com' }, { email: 'o@e.com', ca: 'https://127.0.0.1:1/dir' }].flatMap(
      (tls) =>
        [{}, { login: 'robot$acme', port: 8000 }].map((rest, at) => ({
          ...BASE,
          trigger,
          image,
          ...tls,
          ...rest,
          github: at === 0 ? github : { ...github, ids },
        })),
    ),
  ),
)

describe('every combination of answers is a config that is taken without a remark', () => {
  test.each(combinations)('%j', (first) => {
    const { config: tried, written } = writeFirstFiles(first, file, {
      GHCR_TOKEN: PASSWORD,
      DOCKER_HUB_TOKEN: PASSWORD,
      REGISTRY_PASSWORD: PASSWORD,
    })
    const { config, remarks } = read()
    expect(remarks).toEqual([])
    expect(config).toEqual(tried)
    const { api } = config.apps
    const { email, image, port, trigger, login } = first
    expect(config.url).toBe(`${email === undefined ? 'http' : 'https'}://deploy.example.com`)
    expect(config.tls?.email).toBe(email)
    expect(`${api?.image.repository}:${api?.image.tag}`).toBe(
      image.includes(':') ? image : `${image}:latest`,
    )
    expect(api && onThisMachine(api).port).toBe(port)
    expect(Object.values(config.registries)).toEqual(
      login === undefined ? [] : [expect.objectContaining({ username: login, password: PASSWORD })],
    )
    const { auth, pollMs } = api ?? {}
    expect({
      oidc: auth?.oidc.map(({ claims }) => claims),
      hmac: auth?.secrets.length,
      token: auth?.basic.tokens.length,
      github: auth?.github.length,
      poll: pollMs,
    }).toEqual({
      oidc:
        trigger === 'oidc'
          ? [
              {
                ref: ['refs/heads/main'],
                ...(first.github?.ids === undefined
                  ? { repository: ['acme/api'] }
                  : { repository_id: ['123456789'], repository_owner_id: ['42'] }),
              },
            ]
          : [],
      hmac: trigger === 'hmac' ? 1 : 0,
      token: trigger === 'token' || (trigger === 'registry' && !image.startsWith('ghcr')) ? 1 : 0,
      github: trigger === 'registry' && image.startsWith('ghcr') ? 1 : 0,
      poll: trigger === 'poll' ? 60_000 : 0,
    })
    expect(readFileSync(file, 'utf8')).not.toContain('whsec_')
    expect(written.map((each) => statSync(each).mode & 0o777)).toEqual(written.map(() => 0o600))
    expect(readdirSync(dir).map((name) => join(dir, name))).toEqual([...written].sort())
  })
})

test.each(['true', '7', 'no', '0x1', '9-lives'])('an app may be called %s', (app) => {
  writeFirstFiles({ ...BASE, app, trigger: 'hmac' }, file, {})
  expect(Object.keys(read().config.apps)).toEqual([app])
})

test('what is there as it would be written is left, and its keys with it', () => {
  const first = { ...BASE, trigger: 'hmac' } as const
  writeFirstFiles(first, file, {})
  const env = readFileSync(join(dir, 'env'), 'utf8')
  expect(writeFirstFiles(first, file, {}).written).toEqual([])
  expect(readFileSync(join(dir, 'env'), 'utf8')).toBe(env)
})

test('a config that is there is never written over, and what to add is said', () => {
  writeFirstFiles(BASE, file, {})
  const before = readFileSync(file, 'utf8')
  expect(() => writeFirstFiles({ ...BASE, app: 'web', trigger: 'hmac' }, file, {})).toThrow(
    expect.objectContaining({
      message: `${file} is there already, and is left as it is: http://deploy.example.com, with api`,
      hint: expect.stringMatching(/add an app below .*\n {2}web:\n {4}image: ghcr/) as string,
    }),
  )
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(dir)).toEqual(['config.yaml'])
})

test('an env file that is there is never written over: what it has is taken, what it has not is said', () => {
  const first = { ...BASE, trigger: 'token' } as const
  const token = 'd41f8e0c93b2a7566f1e09ab47c38d25e6b0714f'
  writeFirstFiles({ ...first, app: 'other' }, file, {})
  rmSync(file)
  expect(() => writeFirstFiles(first, file, {})).toThrow(
    expect.objectContaining({
      message: `${join(dir, 'env')} is there already, and is left as it is: it has no API_HOOK_TOKEN`,
      hint: `token of hooks for api: echo "API_HOOK_TOKEN=$(openssl rand -hex 24)" >>${join(dir, 'env')}`,
    }),
  )
  expect(readdirSync(dir)).toEqual(['env'])
  writeFileSync(join(dir, 'env'), `API_HOOK_TOKEN=${token}\n`)
  expect(writeFirstFiles(first, file, {}).written).toEqual([file])
  expect(read().config.apps['api']?.auth.basic.tokens).toEqual([token])
})

test('answers that make no config leave nothing behind', () => {
  expect(() => writeFirstFiles({ ...BASE, domain: BASE.host }, file, {})).toThrow(
    /config\.yaml:\d+:\d+: apps\.api\.domains/,
  )
  expect(readdirSync(dir)).toEqual([])
})
