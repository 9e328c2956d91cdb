import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PrivateEngine } from '../support/dockerd.ts'
import { startDockerd } from '../support/dockerd.ts'
import { runAction } from '../support/github-runner.ts'
import type { PrivateRegistry } from '../support/registry.ts'
import { startRegistry } from '../support/registry.ts'

const password = 'registry-password-0123456789'
let home: string
let engine: PrivateEngine
let registry: PrivateRegistry

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'push-test-'))
  registry = await startRegistry({ dir: join(home, 'registry'), username: 'ci', password })
  engine = await startDockerd({ dir: join(home, 'engine') })
  mkdirSync(join(home, 'context'))
  mkdirSync(join(home, 'docker'))
  writeFileSync(join(home, 'context', 'hello.txt'), 'hello\n')
  writeFileSync(
    join(home, 'context', 'Dockerfile'),
    'FROM scratch AS run\nARG GREETING\nLABEL greeting=$GREETING\nCOPY hello.txt /\nCMD ["/hello.txt"]\n',
  )
}, 120_000)

afterAll(async () => {
  await engine?.stop()
  await registry?.stop()
  rmSync(home, { recursive: true, force: true })
}, 60_000)

const push = (inputs: Record<string, string> = {}, env: Record<string, string> = {}) =>
  runAction({
    cwd: home,
    inputs: {
      registry: registry.host,
      username: 'ci',
      password,
      context: 'context',
      target: 'run',
      'build-args': 'GREETING=hello, world',
      ...inputs,
    },
    env: { DOCKER_HOST: engine.host, DOCKER_CONFIG: join(home, 'docker'), ...env },
  })

/** What the registry holds under a tag. */
const manifest = async (tag: string) => {
  const authorization = `Basic ${Buffer.from(`ci:${password}`).toString('base64')}`
  const base = `http://${registry.host}/v2/acme/hello`
  const accept = [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.manifest.v1+json',
  ].join(', ')
  const answer = await fetch(`${base}/manifests/${tag}`, { headers: { authorization, accept } })
  const digest = answer.headers.get('docker-content-digest')
  const { config } = (await answer.json()) as { config: { digest: string } }
  const blob = await fetch(`${base}/blobs/${config.digest}`, { headers: { authorization } })
  return { digest, labels: ((await blob.json()) as { config: { Labels: unknown } }).config.Labels }
}

/** A docker command without buildx. */
const withoutBuildx = (): Record<string, string> => {
  const folder = join(home, 'bin')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh\n[ "$1" = buildx ] && exit 1\nPATH='${process.env['PATH']}' DOCKER_BUILDKIT=0 exec docker "$@"\n`,
  )
  chmodSync(join(folder, 'docker'), 0o755)
  return { PATH: `${folder}:${process.env['PATH']}` }
}

test('a build is pushed under every tag, and its digest is the one that the registry knows', async () => {
  const run = await push()
  expect(run.lines.join('\n')).toContain('pushed')
  expect(run).toMatchObject({ exitCode: 0, leftovers: [] })
  const { digest, labels } = await manifest('latest')
  const repository = `${registry.host}/acme/hello`
  expect(run.outputs).toEqual({
    image: `${repository}:sha-0123456@${digest}`,
    digest,
    tags: ['sha-0123456', 'main', 'latest'].map((tag) => `${repository}:${tag}`).join('\n'),
  })
  expect((await manifest('sha-0123456')).digest).toBe(digest)
  expect(labels).toMatchObject({
    greeting: 'hello, world',
    'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
    'org.opencontainers.image.source': 'https://github.com/acme/hello',
  })
  expect(run.lines.join('\n')).not.toContain(password)
}, 60_000)

test('without buildx the digest is the same kind', async () => {
  const run = await push({ tags: 'plain', 'build-args': 'GREETING=plain' }, withoutBuildx())
  expect(run.lines.join('\n')).toContain('docker buildx is not here')
  expect(run.exitCode).toBe(0)
  const { digest, labels } = await manifest('plain')
  expect(run.outputs['digest']).toBe(digest)
  expect(labels).toMatchObject({ greeting: 'plain' })
}, 60_000)

test('without buildx an input that needs it is an error that says so', async () => {
  const run = await push({ platforms: 'linux/amd64' }, withoutBuildx())
  expect(run.exitCode).toBe(1)
  expect(run.annotations[0]?.message).toContain('input platforms needs docker buildx')
}, 60_000)

test('a wrong password ends in one clear error and leaves nothing behind', async () => {
  const run = await push({ password: 'wrong-password-0123456789', tags: 'wrong' })
  expect(run).toMatchObject({ exitCode: 1, leftovers: [], outputs: {} })
  expect(run.annotations).toHaveLength(1)
  expect(run.annotations[0]?.message).toContain('docker buildx build ended with status 1')
  expect(run.lines.join('\n')).toMatch(/unauthorized|authentication required|no basic auth/)
}, 60_000)

test('a Dockerfile that is not there ends in one clear error', async () => {
  const run = await push({ file: 'nowhere/Dockerfile' })
  expect(run.exitCode).toBe(1)
  expect(run.lines.join('\n')).toContain('nowhere')
}, 60_000)
