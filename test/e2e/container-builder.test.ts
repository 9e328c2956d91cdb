import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { runAction } from '../support/github-runner.ts'
import { type PrivateRegistry, startRegistry } from '../support/registry.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'

/** BuildKit's image: a reference that the engine can pull, or a file as `docker save` writes it. */
const IMAGE = process.env['BUILDKIT_IMAGE'] ?? ''
const DEFAULT_IMAGE = 'moby/buildkit:buildx-stable-1'
const BUILDER = 'in-a-container'

const { dockerHost, registry } = inject('stack')
const docker = new Docker({ socketPath: dockerHost.replace('unix://', '') })
let workspace: Workspace
let home: string
let other: PrivateRegistry

const WHY_SKIPPED = `the variable BUILDKIT_IMAGE names no image of BuildKit, as ${DEFAULT_IMAGE}`
beforeEach(({ skip }) => skip(IMAGE === '', WHY_SKIPPED))

beforeAll(async () => {
  if (IMAGE === '') return console.warn(`builds in a container are skipped: ${WHY_SKIPPED}`)
  workspace = openWorkspace()
  home = workspace.folder('home')
  other = await startRegistry({
    dir: workspace.folder('other'),
    username: 'other',
    password: 'other-registry-password-0123456789',
  })
  const context = join(home, 'context')
  mkdirSync(context)
  mkdirSync(join(home, 'docker'))
  const auth = Buffer.from(`${other.username}:${other.password}`).toString('base64')
  writeFileSync(
    join(home, 'docker', 'config.json'),
    JSON.stringify({ auths: { [other.host]: { auth } } }),
  )
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  copyFileSync(busybox, join(context, 'busybox'))
  writeFileSync(
    join(context, 'Dockerfile'),
    `FROM scratch AS run
ARG GREETING
LABEL greeting=$GREETING
COPY busybox /bin/busybox
CMD ["/bin/busybox", "true"]

FROM run AS bad
RUN ["/bin/busybox", "sh", "-c", "echo '#9 ERROR: failed to push: 401 Unauthorized: denied' && exit 3"]

FROM run AS slow
RUN ["/bin/busybox", "sh", "-c", "echo it has begun && exec /bin/busybox sleep 3600"]
`,
  )
  if (existsSync(IMAGE)) call('load', '--input', IMAGE)
  const image = existsSync(IMAGE) ? DEFAULT_IMAGE : IMAGE
  const options = ['--driver-opt', 'network=host', '--driver-opt', `image=${image}`]
  call('buildx', 'create', '--name', BUILDER, '--driver', 'docker-container', ...options)
})

afterAll(async () => {
  if (workspace === undefined) return
  call('buildx', 'rm', '--force', BUILDER)
  await other?.stop()
  await workspace.close()
})

const environment = () => ({ DOCKER_HOST: dockerHost, DOCKER_CONFIG: join(home, 'docker') })
const call = (...args: string[]) =>
  execFileSync('docker', args, { env: { ...process.env, ...environment() }, encoding: 'utf8' })

const build = (
  inputs: Record<string, string>,
  more: Partial<Parameters<typeof runAction>[0]> = {},
) =>
  runAction({
    cwd: home,
    inputs: {
      builder: BUILDER,
      image: `${registry.host}/acme/in-a-container`,
      username: registry.username,
      password: registry.password,
      context: 'context',
      target: 'run',
      'build-args': `GREETING=${inputs['tags']}`,
      ...inputs,
    },
    env: environment(),
    ...more,
  })

/** The digest that a registry has under a tag; `''` for none. */
const digestIn = async (
  { host, username, password }: Pick<PrivateRegistry, 'host' | 'username' | 'password'>,
  tag: string,
) => {
  const types = [
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.oci.image.index.v1+json',
  ]
  const answer = await fetch(`http://${host}/v2/acme/in-a-container/manifests/${tag}`, {
    method: 'HEAD',
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      accept: types.join(', '),
    },
  })
  return answer.headers.get('docker-content-digest') ?? ''
}

test('what is pushed has the digest that the registry knows, also with an attestation', async () => {
  for (const [tags, provenance] of [
    ['plain', 'false'],
    ['attested', 'mode=max'],
  ] as const) {
    const run = await build({ tags, provenance })
    expect(run.exitCode, run.lines.join('\n')).toBe(0)
    expect(run.outputs['digest']).toMatch(/^sha256:/)
    expect(run.outputs['digest']).toBe(await digestIn(registry, tags))
    expect(run.leftovers).toEqual([])
  }
})

test('load brings the image to the engine, beside the push and without it', async () => {
  for (const [tags, push] of [
    ['loaded', 'true'],
    ['only-loaded', 'false'],
  ] as const) {
    const run = await build({ tags, push, load: 'true' })
    expect(run.exitCode, run.lines.join('\n')).toBe(0)
    const { Config } = await docker
      .getImage(`${registry.host}/acme/in-a-container:${tags}`)
      .inspect()
    expect(Config.Labels).toMatchObject({ greeting: tags })
    expect(run.outputs['digest'] ?? '').toBe(await digestIn(registry, tags))
  }
})

test('push: false leaves nothing but the cache', async () => {
  const run = await build({ tags: 'unpushed', push: 'false' })
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  expect(run.outputs).not.toHaveProperty('digest')
  expect(await digestIn(registry, 'unpushed')).toBe('')
  await expect(
    docker.getImage(`${registry.host}/acme/in-a-container:unpushed`).inspect(),
  ).rejects.toThrow('no such image')
})

test('two images go to two registries, with the login of each', async () => {
  const images = [registry, other].map(({ host }) => `${host}/acme/in-a-container`)
  const run = await build({ images: images.join('\n'), image: '', tags: 'both' })
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  const { digest, tags } = run.outputs
  expect(tags).toBe(images.map((image) => `${image}:both`).join('\n'))
  expect([await digestIn(registry, 'both'), await digestIn(other, 'both')]).toEqual([
    digest,
    digest,
  ])
})

test('a build that fails is built once, whatever it prints', async () => {
  const run = await build({ tags: 'bad', target: 'bad' })
  expect(run.exitCode).toBe(1)
  expect(run.lines.filter((line) => line.startsWith('[command]docker buildx'))).toHaveLength(1)
  expect(run.annotations.map(({ message }) => message)).toEqual([
    'docker buildx build ended with status 1\nIts output above says why.',
  ])
})

test('a push that the registry refuses is told by its words', async () => {
  const run = await build({ tags: 'refused', password: 'a-wrong-password-0123456789' })
  expect(run.exitCode).toBe(1)
  expect(run.annotations.map(({ message }) => message)).toEqual([
    expect.stringContaining('Check registry, username and password') as string,
  ])
})

test('a cancelled job ends what it builds', async () => {
  const cancelling = new AbortController()
  const run = await build(
    { tags: 'slow', target: 'slow' },
    {
      signal: cancelling.signal,
      onLine: (line) => {
        if (/^#\d+ [\d.]+ it has begun/.test(line)) cancelling.abort()
      },
    },
  )
  expect(run.exitCode).toBe(1)
  expect(run.annotations.map(({ message }) => message)).toEqual(['cancelled while docker ran'])
  await expect
    .poll(() => call('top', `buildx_buildkit_${BUILDER}0`))
    .not.toContain('busybox sleep 3600')
})
