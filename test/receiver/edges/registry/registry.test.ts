import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { connectDocker } from '../../../../receiver/edges/docker/connect.ts'
import { ensureNetwork } from '../../../../receiver/edges/docker/network.ts'
import { registrySettingsOf } from '../../../../receiver/edges/docker/registry-settings.ts'
import type { Credentials } from '../../../../receiver/edges/credentials/credentials.ts'
import { createReading } from '../../../../receiver/edges/registry/reading.ts'
import { createRegistry } from '../../../../receiver/edges/registry/registry.ts'
import { lookAtRepository } from '../../../../receiver/edges/registry/repository.ts'
import { listTags } from '../../../../receiver/edges/registry/tags.ts'
import { createTransport } from '../../../../receiver/edges/registry/transport.ts'
import { divide } from '../../../../receiver/edges/subnet.ts'
import { makeCertificates } from '../../../support/certificates.ts'
import { fixedLogin, renewable } from '../../../support/fixed-login.ts'
import { pushTiny } from '../../../support/tiny-image.ts'
import { freePort, reserveSubnet, type Subnet } from '../../../support/ports.ts'
import { putImage } from '../../../support/put-image.ts'
import { readingAs, UNTOLD } from '../../../support/reading.ts'
import { type PrivateRegistry, startRegistry } from '../../../support/registry.ts'
import { openWorkspace, type Workspace } from '../../../support/workspace.ts'
import { INSTALLATION } from '../../../support/home.ts'

const stack = inject('stack')
const { username, password } = stack.registry
const login = { username, password }
const repository = `${stack.registry.host}/acme/asked`
const { signal } = new AbortController()
const reading = (credentials: Credentials) =>
  createReading({
    credentials,
    transport: createTransport({ settings: async () => UNTOLD, env: {} }),
    redact: (text) => text,
  })
const NONE = new Set<string>()
const as = (...options: Parameters<typeof readingAs>) => createRegistry(readingAs(...options))

let workspace: Workspace
let digest: string

beforeAll(async () => {
  workspace = openWorkspace()
  digest = await pushTiny({
    host: stack.dockerHost,
    image: `${repository}:one`,
    version: 'asked',
    login,
  })
})
afterAll(() => workspace.close())

describe('a registry', () => {
  test('says which digest a tag is', async () => {
    expect(await as(login).resolve({ repository, tag: 'one' }, signal)).toBe(digest)
  })

  test('does not know a tag that was never pushed', async () => {
    await expect(as(login).resolve({ repository, tag: 'two' }, signal)).rejects.toMatchObject({
      code: 'image_missing',
      message: expect.stringContaining(`${repository}:two`),
    })
  })

  test('refuses a wrong password, which is not told', async () => {
    const wrong = as({ username, password: 'not-the-password' })
    await expect(wrong.resolve({ repository, tag: 'one' }, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.not.stringContaining('not-the-password'),
    })
  })

  test('that nobody listens for is unreachable', async () => {
    const nowhere = { repository: `127.0.0.1:${await freePort()}/acme/api`, tag: 'one' }
    await expect(as().resolve(nowhere, signal)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  test('gets a login that is renewed once when it is refused, whatever is asked', async () => {
    const credentials = renewable({ username, password: 'ended' }, login)
    const read = reading(credentials)
    expect(await listTags(repository, NONE, read, signal)).toEqual({
      tags: [{ tag: 'one', digest }],
      total: 1,
      hasMore: false,
    })
    expect(credentials.given.map((each) => each.password)).toEqual(['ended', password])
  })

  test('that goes on refusing is asked twice, not for ever', async () => {
    const wrong = { username, password: 'ended' }
    const credentials = renewable(wrong, wrong, wrong)
    const read = reading(credentials)
    await expect(listTags(repository, NONE, read, signal)).rejects.toMatchObject({
      code: 'registry_denied',
    })
    expect(credentials.given).toHaveLength(2)
  })
})

test('of an image for several platforms the digest is the index’s, and they are named', async () => {
  const one = { os: 'linux', architecture: 'arm64' }
  const other = { os: 'linux', architecture: 'riscv64' }
  const index = await putImage({ repository, tag: 'many', platforms: [one, other], login })
  expect(await as(login).resolve({ repository, tag: 'many' }, signal)).toBe(index)
  expect(await as(login).platforms({ repository, digest: index }, signal)).toEqual([
    'linux/arm64',
    'linux/riscv64',
  ])
  expect(await as(login).platforms({ repository, digest }, signal)).toEqual([])
})

describe('a stand-in for a registry', () => {
  let server: Server
  let host: string
  let asked: string[]
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  const manifest = '{"schemaVersion":2}'
  const sha256 = `sha256:${createHash('sha256').update(manifest).digest('hex')}`

  beforeEach(async () => {
    asked = []
    server = createServer((request, response) => {
      if (request.url === '/v2/') return void response.end()
      asked.push(`${request.method} ${request.url}`)
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })
  const resolve = (registry = as(login)) =>
    registry.resolve({ repository: `${host}/acme/api`, tag: 'latest' }, signal)

  test('is asked once for a tag, by a request that counts as no pull', async () => {
    answer = (_, response) => void response.setHeader('docker-content-digest', sha256).end()
    expect(await resolve()).toBe(sha256)
    expect(asked).toEqual(['HEAD /v2/acme/api/manifests/latest'])
  })

  test('keeps its token from one time to the next', async () => {
    answer = ({ url, headers }, response) => {
      if (url?.startsWith('/token') === true) response.end('{"token":"tok-1"}')
      else if (headers.authorization === 'Bearer tok-1') {
        response.setHeader('docker-content-digest', sha256).end()
      } else {
        const challenge = `Bearer realm="http://${host}/token",service="s"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      }
    }
    const registry = as(login)
    await resolve(registry)
    expect(asked).toHaveLength(3)
    await resolve(registry)
    expect(asked).toHaveLength(4)
  })

  test('that names no digest has its manifest counted', async () => {
    answer = ({ method }, response) => void response.end(method === 'HEAD' ? '' : manifest)
    expect(await resolve()).toBe(sha256)
  })

  test('lists its tags page by page: the last ones, and those that are wanted', async () => {
    const pages = [0, 1, 2].map((page) => Array.from({ length: 300 }, (_, at) => `v${page}-${at}`))
    answer = ({ url = '' }, response) => {
      if (!url.startsWith('/v2/acme/api/tags/list')) {
        return void response.setHeader('docker-content-digest', sha256).end()
      }
      const page = Number(new URL(url, 'http://x').searchParams.get('last') ?? 0)
      if (page < 2) {
        const elsewhere = 'http://elsewhere.example/v2/acme/api/tags/list'
        response.setHeader('link', `<${elsewhere}?n=1000&last=${page + 1}>; rel="next"`)
      }
      response.end(JSON.stringify({ name: 'acme/api', tags: pages[page] }))
    }
    const wanted = new Set(['v0-7', 'gone'])
    const { tags, total } = await listTags(`${host}/acme/api`, wanted, readingAs(login), signal)
    expect(total).toBe(900)
    expect(tags.map(({ tag }) => tag)).toEqual(['v0-7', ...(pages[2] ?? []).slice(1)])
    expect(new Set(tags.map((each) => each.digest))).toEqual(new Set([sha256]))
  })

  test('lists what is a tag alone', async () => {
    const names = ['v1', '../../other/tags', 'a b', '\u001b[31m', '', 'x'.repeat(129), 'v2']
    answer = ({ url = '' }, response) => {
      if (url.endsWith('/tags/list')) response.end(JSON.stringify({ tags: names }))
      else response.setHeader('docker-content-digest', sha256).end()
    }
    const { tags } = await listTags(`${host}/acme/api`, NONE, readingAs(login), signal)
    expect(tags.map(({ tag }) => tag)).toEqual(['v1', 'v2'])
    expect(asked).toHaveLength(3)
  })

  test('that answers everything with a page is told from a registry', async () => {
    answer = (_, response) => void response.end('<html>please log in</html>')
    const other = {
      code: 'registry_unreachable',
      message: expect.stringContaining('not a registry'),
    }
    await expect(resolve()).rejects.toMatchObject(other)
    const tags = listTags(`${host}/acme/api`, NONE, readingAs(), signal)
    await expect(tags).rejects.toMatchObject(other)
  })

  test('that repeats the login is not quoted with it', async () => {
    answer = ({ headers }, response) => {
      const body = JSON.stringify({ errors: [{ message: `not for ${headers.authorization}` }] })
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(body)
    }
    const shown: string[] = []
    const read = createReading({
      credentials: fixedLogin(login),
      transport: createTransport({ settings: async () => UNTOLD, env: {} }),
      redact: (text) => {
        shown.push(text)
        return 'redacted'
      },
    })
    await expect(listTags(`${host}/acme/api`, NONE, read, signal)).rejects.toMatchObject({
      code: 'registry_denied',
      message: 'redacted',
      hint: 'redacted',
    })
    expect(shown[0]).toContain('not for Basic ')
  })

  test.each([
    ['is not there', 404, false, 'the registry has no such repository yet'],
    ['is open to all', 200, false, 'open to all, the login as acme (the test) was not asked for'],
  ])('whose repository %s is described', async (_, status, isLive, expected) => {
    answer = (_request, response) =>
      void response.setHeader('docker-content-digest', sha256).writeHead(status).end()
    const image = { repository: `${host}/acme/api`, tag: 'latest' }
    const seen = await lookAtRepository(image, { isLive, read: readingAs(login), signal })
    expect(seen).toContain(expected)
  })

  test('whose repository is gone while the app is live is not right', async () => {
    answer = (_, response) => void response.writeHead(404).end()
    const image = { repository: `${host}/acme/api`, tag: 'latest' }
    const examined = lookAtRepository(image, { isLive: true, read: readingAs(login), signal })
    await expect(examined).rejects.toMatchObject({ code: 'image_missing' })
  })

  test('that is asked too often says when to come again, and Docker Hub its limit', async () => {
    answer = (_, response) =>
      void response
        .writeHead(429, {
          'retry-after': '7',
          'ratelimit-limit': '100;w=21600',
          'docker-ratelimit-source': '203.0.113.7',
        })
        .end()
    await expect(resolve()).rejects.toMatchObject({
      code: 'registry_busy',
      retryAfterMs: 7000,
      message: expect.stringContaining(
        'the limit is 100 pulls in 6 h for 203.0.113.7, to be asked again in 7 s',
      ),
    })
  })

  test('that refuses in words of its own is quoted, on one line of plain text', async () => {
    answer = ({ method }, response) => {
      response.writeHead(403, { 'content-type': 'application/json' })
      const errors = [{ code: 'DENIED', message: 'no\n\u001b[31mpermission' }]
      response.end(method === 'HEAD' ? '' : JSON.stringify({ errors }))
    }
    await expect(resolve()).rejects.toMatchObject({
      code: 'registry_denied',
      message: expect.stringMatching(/manifests\/latest answered 403: [\x20-\x7e]+permission$/),
    })
  })

  test('that says when to come again is heard, also when it is down', async () => {
    answer = (_, response) => void response.writeHead(503, { 'retry-after': '30' }).end()
    await expect(resolve()).rejects.toMatchObject({
      code: 'registry_unreachable',
      retryAfterMs: 30_000,
    })
  })

  test('that hangs is told as one that did not answer', async () => {
    // the time is over when it has been asked: that is what AbortSignal.timeout gives as its reason
    const deadline = new AbortController()
    answer = () => deadline.abort(new DOMException('the time is over', 'TimeoutError'))
    const image = { repository: `${host}/acme/api`, tag: 'latest' }
    await expect(as(login).resolve(image, deadline.signal)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('it did not answer in time'),
    })
  })
})

describe('a registry beyond this machine', () => {
  let subnet: Subnet
  let address: string
  let dropNetwork: () => Promise<void>
  let secure: PrivateRegistry
  let plain: PrivateRegistry
  let authority: string
  /** Docker's directory of certificates. */
  let certificates: string

  beforeAll(async () => {
    const docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
    subnet = await reserveSubnet()
    address = divide(subnet.subnet).gateway
    await ensureNetwork(docker, {
      name: 'registry-test',
      subnet: subnet.subnet,
      installation: INSTALLATION.id,
    })
    dropNetwork = () => docker.getNetwork('registry-test').remove() as Promise<void>
    const made = makeCertificates(workspace.folder('certificates'), address)
    authority = made.authority
    ;[secure, plain] = await Promise.all([
      startRegistry({ dir: workspace.folder('secure'), ...login, address, certificate: made }),
      startRegistry({ dir: workspace.folder('plain'), ...login, address }),
    ])
    certificates = workspace.folder('certs.d')
    await Promise.all([
      putImage({ repository: `${secure.host}/acme/api`, tag: 'one', login, authority }),
      putImage({ repository: `${plain.host}/acme/api`, tag: 'one', login }),
    ])
  })
  afterAll(async () => {
    await Promise.all([secure.stop(), plain.stop()])
    await dropNetwork()
    await subnet.release()
  })
  const resolve = ({ host }: PrivateRegistry, options: Parameters<typeof readingAs>[1] = {}) =>
    as(login, { certificates, ...options }).resolve(
      { repository: `${host}/acme/api`, tag: 'one' },
      signal,
    )

  test('is not trusted by a certificate that nobody vouches for', async () => {
    await expect(resolve(secure)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringMatching(/certificate/),
      hint: expect.stringContaining(`/etc/docker/certs.d/${secure.host}/ca.crt`),
    })
  })

  test('is trusted by the authority that Docker has for it, and for it alone', async () => {
    const place = join(certificates, secure.host)
    mkdirSync(place)
    copyFileSync(authority, join(place, 'ca.crt'))
    expect(await resolve(secure)).toMatch(/^sha256:/)
    const others = workspace.folder('others')
    mkdirSync(join(others, `${address}:1`))
    copyFileSync(authority, join(others, `${address}:1`, 'ca.crt'))
    await expect(resolve(secure, { certificates: others })).rejects.toThrow('certificate')
  })

  test('whose certificates cannot be read is told with the file', async () => {
    const unreadable = workspace.folder('unreadable')
    mkdirSync(join(unreadable, secure.host, 'ca.crt'), { recursive: true })
    await expect(resolve(secure, { certificates: unreadable })).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('EISDIR'),
      hint: expect.stringContaining(join(secure.host, 'ca.crt')),
    })
  })

  test('is asked through a proxy with its password, and trusted as without', async () => {
    const asked: [string | undefined, string | undefined][] = []
    const proxy = createServer().on('connect', ({ url, headers }, client) => {
      asked.push([url, headers['proxy-authorization']])
      const [, port] = secure.host.split(':')
      const there = connect(Number(port), address, () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        there.pipe(client).pipe(there)
      })
    })
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
    const { port } = proxy.address() as AddressInfo
    const proxies = { http: '', https: `http://me:pass@127.0.0.1:${port}`, except: '' }
    expect(await resolve(secure, { told: { ...UNTOLD, proxies } })).toMatch(/^sha256:/)
    const basic = `Basic ${Buffer.from('me:pass').toString('base64')}`
    expect(new Set(asked.map(String))).toEqual(new Set([String([secure.host, basic])]))
    proxy.close()
    proxy.closeAllConnections()
  })

  test('is not asked in plain HTTP', async () => {
    await expect(resolve(plain)).rejects.toMatchObject({
      code: 'registry_unreachable',
      message: expect.stringContaining('it speaks plain HTTP, not TLS'),
      hint: expect.stringContaining(`add "${plain.host}" to "insecure-registries"`),
    })
  })

  test.each([
    ['its name', () => ({ ...UNTOLD, insecureHosts: [plain.host] })],
    ['its network', () => ({ ...UNTOLD, insecureRanges: [subnet.subnet] })],
  ])('is asked in plain HTTP when Docker calls %s insecure', async (_, told) => {
    expect(await resolve(plain, { told: told() })).toMatch(/^sha256:/)
    const image = { repository: `${plain.host}/acme/api`, tag: 'one' }
    const seen = await lookAtRepository(image, {
      isLive: false,
      read: readingAs(login, { told: told() }),
      signal,
    })
    expect(seen).toContain('signed in as acme (the test), in plain HTTP; :one is there')
  })

  test('is asked with a certificate of nobody’s when Docker calls it insecure', async () => {
    const told = { ...UNTOLD, insecureHosts: [secure.host] }
    const untrusting = { told, certificates: workspace.folder('none') }
    expect(await resolve(secure, untrusting)).toMatch(/^sha256:/)
  })
})

test('what an engine was told of registries is read from it', async () => {
  const docker = await connectDocker({ DOCKER_HOST: stack.dockerHost })
  expect(await registrySettingsOf(docker)).toEqual({
    insecureHosts: [],
    insecureRanges: expect.arrayContaining(['127.0.0.0/8']),
    proxies: { http: '', https: '', except: '' },
  })
})
