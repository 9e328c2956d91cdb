import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { systemClock } from '../../../receiver/edges/clock.ts'
import type { Login } from '../../../receiver/edges/credentials/login.ts'
import { connectDocker } from '../../../receiver/edges/docker/connect.ts'
import { createEngine } from '../../../receiver/edges/docker/engine.ts'
import {
  digestOf,
  examineRepository,
  listTags,
} from '../../../receiver/edges/registry/repository.ts'
import { fixedLogin } from '../../support/fixed-login.ts'
import { pushTiny } from '../../support/images.ts'
import { startTokenRegistry, type TokenRegistry } from '../../support/token-registry.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const stack = inject('stack')
const signal = AbortSignal.timeout(60_000)
let workspace: Workspace
let registry: TokenRegistry
let repository: string
let digest: string

beforeAll(async () => {
  workspace = openWorkspace()
  registry = await startTokenRegistry(workspace.folder('tokens'))
  repository = `${registry.host}/acme/api`
  digest = await pushTiny({
    host: stack.dockerHost,
    dir: workspace.folder('build'),
    image: `${repository}:one`,
    version: 'token test',
    login: registry.login,
  })
})
afterAll(async () => {
  await registry.stop()
  await workspace.close()
})
beforeEach(() => {
  registry.asked.length = 0
  registry.answerWith(200)
})

describe('a registry with a token server', () => {
  const logins: [string, () => Login, string][] = [
    ['a password', () => registry.login, 'GET basic'],
    ['a refresh token', () => ({ identityToken: registry.refreshToken }), 'POST refresh_token'],
  ]

  test.for(logins)('is read with %s', async ([, login, asked]) => {
    const credentials = fixedLogin(login())
    expect(await digestOf({ repository, tag: 'one' }, credentials, signal)).toBe(digest)
    expect(registry.asked).toEqual([asked])
    expect(await listTags(repository, credentials, signal)).toEqual([{ tag: 'one', digest }])
    expect(await examineRepository({ repository, tag: 'one' }, credentials, signal)).toContain(
      ':one is there',
    )
    expect(await examineRepository({ repository, tag: 'two' }, credentials, signal)).toContain(
      'there is no tag two yet',
    )
  })

  test.for(logins)('is resolved by Docker with %s', async ([, login]) => {
    const docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
    const engine = createEngine({
      docker,
      network: 'token-test',
      credentials: fixedLogin(login()),
      clock: systemClock,
    })
    expect(await engine.resolve({ repository, tag: 'one' }, signal)).toBe(digest)
  })

  test('refuses a wrong refresh token, and a right login while its server is down', async () => {
    const wrong = fixedLogin({ identityToken: 'revoked' })
    await expect(digestOf({ repository, tag: 'one' }, wrong, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.not.stringContaining('revoked'),
    })
    registry.answerWith(503)
    const right = fixedLogin(registry.login)
    await expect(digestOf({ repository, tag: 'one' }, right, signal)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('gives no token: 503'),
    })
  })

  test('names a tag that it does not have', async () => {
    const credentials = fixedLogin(registry.login)
    await expect(digestOf({ repository, tag: 'two' }, credentials, signal)).rejects.toMatchObject({
      code: 'image_missing',
    })
    await expect(listTags(`${registry.host}/acme/none`, credentials, signal)).rejects.toMatchObject(
      { code: 'image_missing' },
    )
  })
})
