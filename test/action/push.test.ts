import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PrivateEngine } from '../support/dockerd.ts'
import { startDockerd } from '../support/dockerd.ts'
import { runAction } from '../support/github-runner.ts'
import { commandLines } from '../support/leaks.ts'
import type { PrivateRegistry } from '../support/registry.ts'
import { startRegistry } from '../support/registry.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { answerJson, serve } from './loopback.ts'

const password = 'registry-password-0123456789'
let workspace: Workspace
let home: string
let engine: PrivateEngine
let registry: PrivateRegistry

beforeAll(async () => {
  workspace = openWorkspace()
  home = workspace.folder('home')
  registry = await startRegistry({ dir: workspace.folder('registry'), username: 'ci', password })
  engine = await startDockerd({ dir: workspace.folder('engine') })
  mkdirSync(join(home, 'context'))
  mkdirSync(join(home, 'docker'))
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  copyFileSync(busybox, join(home, 'context', 'busybox'))
  writeFileSync(join(home, 'context', 'hello.txt'), 'hello\n')
  writeFileSync(
    join(home, 'context', 'Dockerfile'),
    `FROM scratch AS run
ARG GREETING
LABEL greeting=$GREETING
COPY hello.txt /
CMD ["/hello.txt"]

FROM scratch AS secret
ARG HASH
COPY busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
RUN --mount=type=secret,id=token test "$(/bin/busybox sha256sum </run/secrets/token)" = "$HASH  -" && /bin/busybox sleep 1

FROM secret AS bad
RUN echo '#9 ERROR: failed to push: 401 Unauthorized: denied, the token has expired' && exit 3
`,
  )
})

afterAll(async () => {
  await engine?.stop()
  await workspace.close()
})

const push = (
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
  onLine: () => unknown = () => {},
) =>
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
    onLine,
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
  if (!answer.ok) throw new Error(`${tag}: ${answer.status}`)
  const digest = answer.headers.get('docker-content-digest')
  const { config } = (await answer.json()) as { config: { digest: string } }
  const blob = await fetch(`${base}/blobs/${config.digest}`, { headers: { authorization } })
  return {
    digest,
    labels: ((await blob.json()) as { config: { Labels: Record<string, string> } }).config.Labels,
  }
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
  const run = await push({
    'build-args': 'GREETING=hello, world\nDOCKER_METADATA_OUTPUT_VERSION',
    labels: 'built-from={{branch}} at {{sha}}\norg.opencontainers.image.vendor=Acme',
    'sep-labels': ' | ',
  })
  expect(run.lines.join('\n')).toContain('pushed')
  expect(run).toMatchObject({ exitCode: 0, leftovers: [] })
  const { digest, labels } = await manifest('latest')
  const repository = `${registry.host}/acme/hello`
  const { imageid, metadata, json = '', labels: given = '', annotations, ...outputs } = run.outputs
  expect(imageid).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(JSON.parse(metadata ?? '')).toMatchObject({ 'containerimage.digest': digest })
  expect(outputs).toEqual({
    image: `${repository}:sha-0123456@${digest}`,
    digest,
    tags: ['sha-0123456', 'main', 'latest'].map((tag) => `${repository}:${tag}`).join('\n'),
    'tag-names': 'sha-0123456\nmain\nlatest',
    version: 'sha-0123456',
  })
  expect(Object.fromEntries(given.split(' | ').map((pair) => pair.split('=')))).toEqual(
    Object.fromEntries(Object.entries(labels).filter(([key]) => key !== 'greeting')),
  )
  expect(JSON.parse(json)).toMatchObject({
    tags: run.outputs['tags']?.split('\n'),
    'tag-names': ['sha-0123456', 'main', 'latest'],
    labels: { 'org.opencontainers.image.vendor': 'Acme' },
    annotations: annotations?.split('\n'),
  })
  expect(run.variables).toMatchObject({
    DOCKER_METADATA_OUTPUT_VERSION: 'sha-0123456',
    DOCKER_METADATA_OUTPUT_TAGS: run.outputs['tags'],
    DOCKER_METADATA_OUTPUT_TAG_NAMES: run.outputs['tag-names'],
    DOCKER_METADATA_OUTPUT_JSON: json,
  })
  expect((await manifest('sha-0123456')).digest).toBe(digest)
  expect(labels).toMatchObject({
    greeting: 'hello, world',
    'built-from': 'main at 0123456',
    'org.opencontainers.image.version': 'sha-0123456',
    'org.opencontainers.image.revision': '0123456789abcdef0123456789abcdef01234567',
    'org.opencontainers.image.source': 'https://github.com/acme/hello',
  })
  expect(run.lines.join('\n')).not.toContain(password)
})

test('a secret reaches the build as it is, and nothing else', async () => {
  const secret = ' line one, with "quotes"\nline two = $HOME\n\n'
  const hash = createHash('sha256').update(secret).digest('hex')
  const seen: string[] = []
  const inputs = {
    target: 'secret',
    tags: 'type=raw,value=secret\ntype=semver,pattern={{version}}',
    'build-args': `HASH=${hash}`,
    secrets: `"token=${secret.replaceAll('"', '""')}"`,
    'no-cache': 'true',
    network: 'none',
  }
  const run = await push(inputs, {}, () => seen.push(...commandLines()))
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  expect(run.outputs['tags']).toBe(`${registry.host}/acme/hello:secret`)
  expect(run.leftovers).toEqual([])
  expect(seen.some((line) => line.includes('buildx'))).toBe(true)
  for (const text of [...run.lines, ...seen, JSON.stringify(run.outputs), run.summary]) {
    expect(text).not.toContain('line one')
    expect(text).not.toContain('line two')
    expect(text).not.toContain(password)
  }
})

/** A docker whose builds fail as a registry's refusal makes them, the first `times`; what it was called with goes to `calls`. */
const refusing = (says: string, times: number, digest = ''): Record<string, string> => {
  const folder = mkdtempSync(join(home, 'refusing-'))
  writeFileSync(
    join(folder, 'docker'),
    `#!/bin/sh
echo "$*" >>${folder}/calls
case "$2" in
version) exit 0 ;;
imagetools) echo '${digest}'; exit 0 ;;
esac
[ "$(grep -c 'buildx build' ${folder}/calls)" -gt ${times} ] &&
  PATH='${process.env['PATH']}' exec docker "$@"
echo '#9 pushing manifest for registry.example/acme/hello:1@sha256:${'a'.repeat(64)}'
echo '${says}' >&2
exit 1
`,
  )
  chmodSync(join(folder, 'docker'), 0o755)
  return { PATH: `${folder}:${process.env['PATH']}`, CALLS: join(folder, 'calls') }
}
const IMMUTABLE =
  "#9 ERROR: failed to push: tag invalid: The image tag 'main' already exists in the 'hello' repository and cannot be overwritten because the tag is immutable."

test(
  'an immutable tag that holds this digest already is no failure',
  { tags: 'long' },
  async () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const run = await push({}, refusing(IMMUTABLE, 9, digest))
    expect(run.exitCode, run.lines.join('\n')).toBe(0)
    expect(run.outputs['digest']).toBe(digest)
  },
)

test('an immutable tag that holds another digest fails, and says what to do', async () => {
  const run = await push({}, refusing(IMMUTABLE, 9, `sha256:${'b'.repeat(64)}`))
  expect(run.exitCode).toBe(1)
  expect(run.annotations[0]?.message).toContain('give each build a tag of its own')
})

/** A host of ECR, whose logins are short-lived and come from a stand-in for AWS. */
const asEcr = async ({ seconds = 12 * 3600 } = {}) => {
  let asked = 0
  const ecr = await serve((_, response) => {
    asked += 1
    const token = Buffer.from(`ci:${password}-${asked}`).toString('base64')
    const expiresAt = Date.now() / 1000 + seconds
    answerJson(response, 200, { authorizationData: [{ authorizationToken: token, expiresAt }] })
  })
  const host = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
  return {
    inputs: { registry: host, image: `${host}/hello`, password: '' },
    env: {
      AWS_ENDPOINT_URL_ECR: ecr,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'a-secret-access-key',
    },
    asked: () => asked,
  }
}

const EXPIRED =
  '#9 ERROR: failed to push: denied: Your authorization token has expired. Reauthenticate and try again.'
const DENIED =
  '#9 ERROR: failed to push: denied: User ci is not authorized to perform ecr:InitiateLayerUpload'

test.for([
  ['ended by its own account', DENIED, 1],
  ['ended by the registry’s', EXPIRED, 12 * 3600],
] as const)(
  'a login that %s is renewed once, and the rest comes from the cache',
  async ([, says, seconds]) => {
    const docker = refusing(says, 9)
    const { inputs, env, asked } = await asEcr({ seconds })
    const run = await push({ ...inputs, 'no-cache': 'true' }, { ...docker, ...env })
    expect(run.exitCode).toBe(1)
    expect(asked()).toBe(2)
    const calls = readFileSync(docker['CALLS'] ?? '', 'utf8').split('\n')
    const builds = calls.filter((line) => line.startsWith('buildx build'))
    expect(builds.map((line) => line.includes('--no-cache'))).toEqual([true, false])
    expect(run.lines.join('\n')).toContain('once more, with a new one')
    expect(run.lines.join('\n')).not.toContain(`${password}-`)
    expect(run.leftovers).toEqual([])
  },
)

test.for([
  ['for a right that is missing', DENIED, 12 * 3600],
  ['for a tag that is kept', IMMUTABLE.replace('push:', 'push: denied:'), 1],
] as const)('a push that is refused %s is built once', async ([, says, seconds]) => {
  const docker = refusing(says, 9)
  const { inputs, env, asked } = await asEcr({ seconds })
  const run = await push(inputs, { ...docker, ...env })
  expect(run.exitCode).toBe(1)
  const calls = readFileSync(docker['CALLS'] ?? '', 'utf8').split('\n')
  expect(calls.filter((line) => line.startsWith('buildx build'))).toHaveLength(1)
  expect(asked()).toBe(1)
})

test('a build that fails is built once, whatever it prints', { tags: 'long' }, async () => {
  const { inputs, env, asked } = await asEcr()
  const hash = createHash('sha256').update('x').digest('hex')
  const bad = { target: 'bad', secrets: 'token=x', 'build-args': `HASH=${hash}`, network: 'none' }
  const run = await push({ ...inputs, ...bad }, env)
  expect(run.exitCode).toBe(1)
  expect(run.lines.join('\n')).toMatch(/^#\d+ [\d.]+ #9 ERROR: failed to push: 401/m)
  expect(run.lines.filter((line) => line.startsWith('[command]docker buildx build'))).toHaveLength(
    1,
  )
  expect(asked()).toBe(1)
  expect(run.annotations.map(({ message }) => message)).toEqual([
    'docker buildx build ended with status 1\nIts output above says why.',
  ])
})

test('push: false builds, and neither pushes nor posts a hook', async () => {
  let hooks = 0
  const url = await serve((_, response) => {
    hooks += 1
    answerJson(response, 500, {})
  })
  const run = await push({
    url: `${url}/hooks/hello`,
    environment: 'production',
    push: 'false',
    load: 'true',
    tags: 'unpushed',
  })
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  expect(run.lines.join('\n')).toContain(`push: false: ${url}/hooks/hello is skipped`)
  expect(hooks).toBe(0)
  const { imageid, tags, image, digest } = run.outputs
  expect({ tags, image, digest }).toEqual({ tags: `${registry.host}/acme/hello:unpushed` })
  const loaded = await engine.docker.getImage(tags ?? '').inspect()
  expect(loaded.Id).toBe(imageid)
  await expect(manifest('unpushed')).rejects.toThrow()
  expect(run.summary).toContain('Built, not pushed')
})

test('outputs go beside the push', { tags: 'long' }, async () => {
  const run = await push({ outputs: `type=local,"dest=${join(home, 'out')}"`, tags: 'beside' })
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  expect(readFileSync(join(home, 'out', 'hello.txt'), 'utf8')).toBe('hello\n')
  expect((await manifest('beside')).digest).toBe(run.outputs['digest'])
})

test('a buildx that is too old for an input is told apart', { tags: 'long' }, async () => {
  const run = await push({ call: 'check', url: 'https://deploy.example.com/hooks/hello' })
  // 0.15 and newer know it
  if (run.exitCode === 0) expect(run.lines.join('\n')).toContain('call: check makes no image')
  else expect(run.annotations[0]?.message).toContain('The buildx on this runner is too old for it')
})

test(
  'an input that there is not is refused before anything is done',
  { tags: 'long' },
  async () => {
    const run = await push({}, { INPUT_TAG: 'acme/hello:1' })
    expect(run.exitCode).toBe(1)
    expect(run.annotations.map(({ message }) => message)).toEqual([
      'input tag: there is no such input\nDid you mean tags?',
    ])
  },
)

test('without buildx the digest is the same kind', { tags: 'long' }, async () => {
  const run = await push({ tags: 'plain', 'build-args': 'GREETING=plain' }, withoutBuildx())
  expect(run.lines.join('\n')).toContain('docker buildx is not here')
  expect(run.exitCode).toBe(0)
  const { digest, labels } = await manifest('plain')
  expect(run.outputs['digest']).toBe(digest)
  expect(labels).toMatchObject({ greeting: 'plain' })
})

test('without buildx push: false builds too', { tags: 'long' }, async () => {
  const run = await push({ push: 'false', tags: 'plain-unpushed' }, withoutBuildx())
  expect(run.exitCode, run.lines.join('\n')).toBe(0)
  await expect(manifest('plain-unpushed')).rejects.toThrow()
})

test('without buildx an input that needs it is an error that says so', async () => {
  const run = await push({ platforms: 'linux/amd64' }, withoutBuildx())
  expect(run.exitCode).toBe(1)
  expect(run.annotations[0]?.message).toContain('input platforms needs docker buildx')
})

test(
  'a wrong password ends in one clear error and leaves nothing behind',
  { tags: 'long' },
  async () => {
    const run = await push({ password: 'wrong-password-0123456789', tags: 'wrong' })
    expect(run).toMatchObject({ exitCode: 1, leftovers: [], outputs: {} })
    expect(run.annotations).toHaveLength(1)
    expect(run.annotations[0]?.message).toContain('docker buildx build ended with status 1')
    expect(run.lines.join('\n')).toMatch(/unauthorized|authentication required|no basic auth/)
  },
)

test('a Dockerfile that is not there ends in one clear error', { tags: 'long' }, async () => {
  const run = await push({ file: 'nowhere/Dockerfile' })
  expect(run.exitCode).toBe(1)
  expect(run.lines.join('\n')).toContain('nowhere')
})
