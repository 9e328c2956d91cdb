import Docker from 'dockerode'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { systemClock } from '../../receiver/edges/clock.ts'
import type { Credentials } from '../../receiver/edges/credentials/credentials.ts'
import { createEngine } from '../../receiver/edges/docker/engine.ts'
import { pull } from '../../receiver/edges/docker/pull.ts'
import { fixedLogin, renewable } from '../support/fixed-login.ts'
import { homeOn } from '../support/home.ts'
import {
  answers,
  error,
  type Interfere,
  type RegistryProxy,
  startRegistryProxy,
} from '../support/registry-proxy.ts'
import { pushTiny } from '../support/tiny-image.ts'

const stack = inject('stack')
const docker = new Docker({ socketPath: stack.dockerHost.slice('unix://'.length) })
let proxy: RegistryProxy
let repository: string
/** Never pulled: the engine keeps manifests that it once had. */
let fresh: string
let version = 0
/** Requests that something befell. */
let struck = 0

beforeAll(async () => {
  proxy = await startRegistryProxy(stack.registry.host)
  repository = `${proxy.host}/acme/pull-faults`
})
afterAll(() => proxy.stop())
beforeEach(async () => {
  struck = 0
  version += 1
  fresh = await pushTiny({
    image: `${repository}:v${version}`,
    version: `pull-faults ${version}`,
    login: stack.registry,
  })
})
afterEach(() => proxy.interfere())

describe('a login that ends in the middle of a pull', () => {
  const old = { username: 'acme', password: 'ended' }
  const basic = (login: { username: string; password: string }) =>
    `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  /** Good for the manifest, refused for the layers. */
  const ends: Interfere = (request, response) => {
    if (request.headers.authorization !== basic(old)) return false
    if (request.url?.includes('/blobs/') === true) {
      struck += 1
      return answers(401, error('UNAUTHORIZED', 'authentication required'))(request, response)
    }
    request.headers.authorization = basic(stack.registry)
    return false
  }
  const pullWith = async (credentials: Credentials) => {
    proxy.interfere(ends)
    const engine = createEngine({
      docker,
      home: homeOn('pull-faults'),
      credentials,
      clock: systemClock,
    })
    const image = { repository, digest: fresh }
    await engine.pull(image, { progress: () => {}, signal: new AbortController().signal })
    return (await engine.held('api', image)) !== undefined
  }

  test('is renewed, and the pull goes on', async () => {
    const credentials = renewable(old, stack.registry)
    expect(await pullWith(credentials)).toBe(true)
    expect(credentials.given).toHaveLength(2)
    expect(struck).toBeGreaterThan(0)
  })

  test('and cannot be renewed, for somebody revoked it: the pull is refused, without a retry', async () => {
    await expect(pullWith(fixedLogin(old))).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.not.stringContaining('ended'),
    })
    expect(struck).toBeGreaterThan(0)
  })
})

test('a pull of which nothing is heard any more is given up', async () => {
  proxy.interfere(({ url }) => url?.includes('/blobs/') === true)
  const { username, password } = stack.registry
  const pulling = pull(
    docker,
    { repository, digest: fresh },
    {
      login: { username, password, serveraddress: proxy.host },
      clock: systemClock,
      progress: () => {},
      signal: new AbortController().signal,
      silenceMs: 1500,
    },
  )
  await expect(pulling).rejects.toMatchObject({
    code: 'registry_unreachable',
    message: expect.stringContaining('nothing was heard of the pull for 1.5 s'),
  })
})
