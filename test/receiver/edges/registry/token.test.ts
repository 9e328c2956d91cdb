import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { Login } from '../../../../receiver/edges/credentials/login.ts'
import { lookAtRepository, resolveTag } from '../../../../receiver/edges/registry/repository.ts'
import { pushTiny } from '../../../support/tiny-image.ts'
import type { ReadRepository } from '../../../../receiver/edges/registry/reading.ts'
import { listTags } from '../../../../receiver/edges/registry/tags.ts'
import { readingAs } from '../../../support/reading.ts'
import { startTokenRegistry, type TokenRegistry } from '../../../support/token-registry.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'

const stack = inject('stack')
const { signal } = new AbortController()
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

const look = (tag: string, read: ReadRepository) =>
  lookAtRepository({ repository, tag }, { isLive: true, read, signal })

describe('a registry with a token server', () => {
  const logins: [string, () => Login, string][] = [
    ['a password', () => registry.login, 'GET basic'],
    ['a refresh token', () => ({ identityToken: registry.refreshToken }), 'POST refresh_token'],
  ]

  test.for(logins)('is read with %s', async ([, login, asked]) => {
    const read = readingAs(login())
    expect(await resolveTag({ repository, tag: 'one' }, read, signal)).toBe(digest)
    expect(registry.asked).toEqual([asked])
    expect(await listTags(repository, new Set(), read, signal)).toEqual({
      tags: [{ tag: 'one', digest }],
      total: 1,
      hasMore: false,
    })
    expect(await look('one', read)).toContain(':one is there')
    expect(await look('two', read)).toContain('there is no tag two yet')
  })

  test('refuses a wrong refresh token, and a right login while its server is down', async () => {
    const wrong = readingAs({ identityToken: 'revoked' })
    await expect(resolveTag({ repository, tag: 'one' }, wrong, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.not.stringContaining('revoked'),
    })
    registry.answerWith(503)
    const right = readingAs(registry.login)
    await expect(resolveTag({ repository, tag: 'one' }, right, signal)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('which gives its tokens, answered 503'),
    })
  })

  test('names a tag that it does not have', async () => {
    const read = readingAs(registry.login)
    await expect(resolveTag({ repository, tag: 'two' }, read, signal)).rejects.toMatchObject({
      code: 'image_missing',
    })
    await expect(
      listTags(`${registry.host}/acme/none`, new Set(), read, signal),
    ).rejects.toMatchObject({
      code: 'image_missing',
    })
  })
})
