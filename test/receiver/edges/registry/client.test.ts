import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { createFetchAttestations } from '../../../../receiver/edges/attestation/fetch.ts'
import { parseChallenge } from '../../../../receiver/edges/registry/challenge.ts'
import { createRegistryClient } from '../../../../receiver/edges/registry/client.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../../../support/endless.ts'
import { answering, type Host, startHost } from '../../../support/host.ts'
import { pushBundle } from '../../../support/push-bundle.ts'
import { readingAs } from '../../../support/reading.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const IMAGE = `sha256:${'a'.repeat(64)}`
const LOGIN = { username: 'acme', password: 'pass word' }
const BASIC = `Basic ${Buffer.from('acme:pass word').toString('base64')}`
const signal = () => new AbortController().signal

let registry: Host
let other: Host
beforeEach(async () => {
  ;[registry, other] = await Promise.all([startHost(), startHost()])
})
afterEach(() => {
  for (const { server } of [registry, other]) {
    server.close()
    server.closeAllConnections()
  }
})

const way = () => ({ base: `http://${registry.host}`, fetch: globalThis.fetch })
const client = (login: typeof LOGIN | undefined = LOGIN) =>
  createRegistryClient(`${registry.host}/acme/api`, login, way())
const get = (path = 'manifests/latest', login: typeof LOGIN | undefined = LOGIN) =>
  client(login).get(path, { signal: signal() })

describe('a registry is asked', () => {
  test('without a login first, then with the one that it wants', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', ({ headers }, response) => {
      if (headers.authorization === BASIC) response.end('{}')
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    })
    expect((await get()).status).toBe(200)
    expect(registry.asked.map(({ authorization }) => authorization)).toEqual([undefined, BASIC])
  })

  test('with a token that its realm gives for the login, for pulling this repository', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', ({ headers }, response) => {
      if (headers.authorization === 'Bearer tok-1') response.end('{}')
      else {
        const realm = `http://${other.host}/token`
        const challenge = `Bearer realm="${realm}",service="the registry",scope="repository:evil:push"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
    other.answers.set('/token', answering({ token: 'tok-1' }))
    expect((await get()).status).toBe(200)
    expect(other.asked).toEqual([
      {
        path: '/token?service=the+registry&scope=repository%3Aacme%2Fapi%3Apull',
        authorization: BASIC,
      },
    ])
  })

  test('and the token is used again', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', ({ headers }, response) => {
      if (headers.authorization === 'Bearer tok-1') response.end('{}')
      else {
        const challenge = `Bearer realm="http://${other.host}/token"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
    other.answers.set('/token', answering({ access_token: 'tok-1' }))
    const one = client()
    for (let request = 0; request < 3; request++) {
      await one.get('manifests/latest', { signal: signal() })
    }
    expect(other.asked).toHaveLength(1)
  })

  test.each([400, 401, 403])('and asked for anew when it is answered %i', async (status) => {
    let given = 0
    let good = ''
    registry.answers.set('/v2/acme/api/manifests/latest', ({ headers }, response) => {
      const { authorization } = headers
      if (authorization === good) response.end('{}')
      // some answer a token that has ended without a challenge
      else if (authorization !== undefined) response.writeHead(status).end()
      else {
        const challenge = `Bearer realm="http://${other.host}/token"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    })
    other.answers.set('/token', (_, response) => {
      good = `Bearer tok-${++given}`
      response.end(JSON.stringify({ token: `tok-${given}` }))
    })
    const one = client()
    await one.get('manifests/latest', { signal: signal() })
    good = 'what ended'
    await one.get('manifests/latest', { signal: signal() })
    expect(given).toBe(2)
  })

  test('and where it redirects to sees no login', async () => {
    registry.answers.set('/v2/acme/api/blobs/x', ({ headers }, response) => {
      if (headers.authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
      } else response.writeHead(307, { location: `http://${other.host}/storage?sig=1` }).end()
    })
    other.answers.set('/storage', (_, response) => void response.end('bytes'))
    expect((await get('blobs/x')).body.toString()).toBe('bytes')
    expect(other.asked).toEqual([{ path: '/storage?sig=1', authorization: undefined }])
  })
})

describe('a registry that does not answer as it should', () => {
  const code = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: { code?: string }) => error.code,
    )

  test.each([
    ['denies', 401, 'registry_denied'],
    ['forbids', 403, 'registry_denied'],
    ['fails', 500, 'registry_unreachable'],
    ['is overloaded', 429, 'registry_busy'],
  ])('%s: %i is %s', async (_name, status, expected) => {
    registry.answers.set('/v2/acme/api/manifests/latest', answering({}, status))
    expect(await code(get())).toBe(expected)
  })

  test('wants a login that there is none of', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    })
    const anonymous = createRegistryClient(`${registry.host}/acme/api`, undefined, way())
    expect(await code(anonymous.get('manifests/latest', { signal: signal() }))).toBe(
      'registry_denied',
    )
  })

  test.each([
    ['gives no token', answering({}), 'registry_unreachable'],
    ['refuses a token', answering({}, 401), 'registry_denied'],
    ['gives a token with a line break', answering({ token: 'a\r\nx: y' }), 'registry_unreachable'],
  ] as const)('%s', async (_name, answer, expected) => {
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      const challenge = `Bearer realm="http://${other.host}/token"`
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    other.answers.set('/token', answer)
    expect(await code(get())).toBe(expected)
  })

  test('sends the login to no host without https', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://evil.example/t"' }).end()
    })
    await expect(get()).rejects.toThrow('http://evil.example, which is not https')
  })

  test('redirects for ever', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      response.writeHead(302, { location: '/v2/acme/api/manifests/latest' }).end()
    })
    await expect(get()).rejects.toThrow('more than 5 redirects')
  })

  test('sends without end', async () => {
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        response.once('drain', more)
      }
      more()
    })
    // however long a busy machine takes for 4 MiB
    const patient = createRegistryClient(`${registry.host}/acme/api`, LOGIN, way(), {
      answerMs: 120_000,
    })
    const answer = patient.get('manifests/latest', { signal: signal() })
    await expect(answer).rejects.toMatchObject({
      code: 'image_invalid',
      message: expect.stringContaining('longer than 4194304 bytes'),
    })
  })

  test('has tokens without end', async () => {
    const { url, closed } = await startEndless({ begins: '{"token":"' })
    registry.answers.set('/v2/acme/api/manifests/latest', (_, response) => {
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${url}/token"` }).end()
    })
    await expect(get()).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('longer than 4194304 bytes'),
    })
    expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  test('refuses without end: the beginning is quoted', async () => {
    const { url, closed } = await startEndless({ status: 403, begins: 'not today' })
    const there = { base: url, fetch: globalThis.fetch }
    const asked = createRegistryClient(`${new URL(url).host}/acme/api`, LOGIN, there)
    await expect(asked.get('manifests/latest', { signal: signal() })).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.stringMatching(/manifests\/latest answered 403: not today…$/),
    })
    expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  test('is not there', async () => {
    await new Promise((resolve) => registry.server.close(resolve))
    await expect(get()).rejects.toThrow('ECONNREFUSED')
  })

  test('hangs: the signal ends it', async () => {
    const deadline = new AbortController()
    const over = new DOMException('the time is over', 'TimeoutError')
    registry.answers.set('/v2/acme/api/manifests/latest', () => deadline.abort(over))
    const work = client().get('manifests/latest', { signal: deadline.signal })
    await expect(work).rejects.toBe(over)
  })
})

test.each([
  ['Basic realm="x"', { scheme: 'basic' }],
  [
    'bearer Realm="https://a.example/t",Service="s"',
    { scheme: 'bearer', realm: 'https://a.example/t', service: 's' },
  ],
  [
    'Bearer realm="https://a.example/\\"t"',
    { scheme: 'bearer', realm: 'https://a.example/"t', service: undefined },
  ],
  [
    'Bearer realm="https://a.example/t",service="container_registry", Basic realm="Gitea"',
    { scheme: 'bearer', realm: 'https://a.example/t', service: 'container_registry' },
  ],
  [
    'Basic realm="https://b.example/", Bearer realm="https://a.example/t"',
    { scheme: 'bearer', realm: 'https://a.example/t', service: undefined },
  ],
  ['Negotiate, Basic realm="x"', { scheme: 'basic' }],
  ['Bearer realm="nothing"', undefined],
  ['Bearer', undefined],
  ['Negotiate', undefined],
  ['', undefined],
  [null, undefined],
])('the challenge %s', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected)
})

describe('the bundles of a digest', () => {
  const digestOf = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`
  const fetchAll = () =>
    createFetchAttestations(readingAs())(
      { repository: `${registry.host}/acme/api`, digest: IMAGE },
      signal(),
    )

  /** Puts a bundle into the stand-in; returns what the referrers list says of it. */
  function hold(bundle: object, { type = BUNDLE, served = JSON.stringify(bundle) } = {}) {
    const blob = JSON.stringify(bundle)
    const manifest = JSON.stringify({ layers: [{ mediaType: type, digest: digestOf(blob) }] })
    const text = (body: string) => (_: IncomingMessage, response: ServerResponse) =>
      void response.end(body)
    registry.answers.set(`/v2/acme/api/manifests/${digestOf(manifest)}`, text(manifest))
    registry.answers.set(`/v2/acme/api/blobs/${digestOf(blob)}`, text(served))
    return { digest: digestOf(manifest), artifactType: type }
  }
  const list = (manifests: object[]) =>
    registry.answers.set(`/v2/acme/api/referrers/${IMAGE}`, answering({ manifests }))

  test('are found by the referrers API', async () => {
    list([hold({ bundle: 1 }), hold({ bundle: 2 })])
    expect(await fetchAll()).toEqual([{ bundle: 1 }, { bundle: 2 }])
  })

  test('are none when the registry knows of none', async () => {
    expect(await fetchAll()).toEqual([])
    expect(registry.asked.map(({ path }) => path)).toEqual([
      // whether it speaks HTTP
      '/v2/',
      `/v2/acme/api/referrers/${IMAGE}`,
      `/v2/acme/api/manifests/${IMAGE.replace(':', '-')}`,
    ])
  })

  test('are not things of another type', async () => {
    list([hold({ sbom: 1 }, { type: 'application/spdx+json' }), hold({ bundle: 1 })])
    expect(await fetchAll()).toEqual([{ bundle: 1 }])
  })

  test('are left out when what is served is not what the digest names', async () => {
    list([hold({ bundle: 1 }, { served: '{"bundle":"another"}' }), hold({ bundle: 2 })])
    expect(await fetchAll()).toEqual([{ bundle: 2 }])
  })

  test('are sixteen at most', async () => {
    list(Array.from({ length: 40 }, (_, bundle) => hold({ bundle })))
    expect(await fetchAll()).toHaveLength(16)
  })

  test.each([['{'], ['{"manifests":1}'], ['{"manifests":[{"digest":"../../x"}]}']])(
    'are none when the list is %s',
    async (text) => {
      registry.answers.set(
        `/v2/acme/api/referrers/${IMAGE}`,
        (_, response) => void response.end(text),
      )
      expect(await fetchAll()).toEqual([])
    },
  )

  test('are found in a real registry, by the tag that stands for the list', async () => {
    const { registry: real } = inject('stack')
    const repository = `${real.host}/acme/bundles`
    await pushBundle({ repository, digest: IMAGE, bundle: { hello: 1 }, login: real })
    const fetchReal = createFetchAttestations(readingAs(real))
    expect(await fetchReal({ repository, digest: IMAGE }, signal())).toEqual([{ hello: 1 }])
    const denied = createFetchAttestations(readingAs({ username: 'acme', password: 'no' }))
    await expect(denied({ repository, digest: IMAGE }, signal())).rejects.toMatchObject({
      code: 'registry_denied',
    })
  })
})
