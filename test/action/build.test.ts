import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { BuildOptions } from '../../action/build-arguments.ts'
import { buildxArguments, needsBuildx, plainArguments } from '../../action/build-arguments.ts'
import { build, digestOfMetadata, digestOfRepository } from '../../action/build.ts'
import { GIT_TOKEN_VARIABLE, gitToken } from '../../action/git-token.ts'
import { planPush } from '../../action/image.ts'
import { parseImage } from '../../protocol/image-reference.ts'

const options = (overrides: Partial<BuildOptions> = {}): BuildOptions => ({
  context: '.',
  file: '',
  target: '',
  buildArgs: [],
  labels: [],
  annotations: [],
  references: ['ghcr.io/acme/hello:1'],
  platforms: [],
  buildContexts: [],
  secrets: [],
  ssh: [],
  cacheFrom: [],
  cacheTo: [],
  noCache: false,
  pull: false,
  provenance: '',
  sbom: '',
  addHosts: [],
  network: '',
  shmSize: '',
  ulimit: [],
  noCacheFilters: [],
  attests: [],
  cgroupParent: '',
  allow: [],
  builder: '',
  push: true,
  load: false,
  outputs: [],
  call: '',
  runUrl: 'https://github.com/acme/hello/actions/runs/7/attempts/1',
  ...overrides,
})

const DIGEST = `sha256:${'a'.repeat(64)}`
const IMAGE_ID = `sha256:${'b'.repeat(64)}`

describe('arguments of docker', () => {
  test('the least build names its metadata file, its tag and its context', () => {
    expect(buildxArguments(options(), '/t/metadata.json').join(' ')).toBe(
      'buildx build --push --metadata-file /t/metadata.json --tag ghcr.io/acme/hello:1 --attest type=provenance,disabled=true -- .',
    )
  })

  test('every input becomes its flag, and values are never split', () => {
    const args = buildxArguments(
      options({
        context: '-odd',
        file: 'docker/Dockerfile',
        target: 'run',
        buildArgs: ['A=1 2', 'B=x,y'],
        labels: ['l=one\ntwo'],
        references: ['r/a:1', 'r/a:2'],
        platforms: ['linux/amd64', 'linux/arm64'],
        annotations: ['index:a=b, c'],
        buildContexts: ['base=docker-image://alpine:3'],
        secrets: ['id=npm,src=/t/0', 'id=GIT_AUTH_TOKEN.github.com,env=TOKEN'],
        ssh: ['default'],
        cacheFrom: ['type=gha'],
        cacheTo: [
          'type=gha,mode=max',
          'type=inline',
          'r/a:cache',
          'type=local,dest=c,ignore-error=false',
        ],
        noCache: true,
        pull: true,
        provenance: 'mode=max',
        sbom: 'true',
        addHosts: ['db:10.0.0.5'],
        network: 'host',
        shmSize: '1g',
        ulimit: ['nofile=1024:4096'],
        noCacheFilters: ['run'],
        attests: ['type=sbom,generator=x', 'type=custom'],
        cgroupParent: 'ci',
        allow: ['network.host'],
        builder: 'big',
        load: true,
        outputs: ['type=local,"dest=a,b"'],
      }),
      'm.json',
    )
    expect(args).toEqual([
      'buildx',
      'build',
      '--builder',
      'big',
      '--push',
      '--load',
      '--output',
      'type=local,"dest=a,b"',
      '--metadata-file',
      'm.json',
      '--file',
      'docker/Dockerfile',
      '--target',
      'run',
      '--build-arg',
      'A=1 2',
      '--build-arg',
      'B=x,y',
      '--label',
      'l=one\ntwo',
      '--tag',
      'r/a:1',
      '--tag',
      'r/a:2',
      '--add-host',
      'db:10.0.0.5',
      '--network',
      'host',
      '--shm-size',
      '1g',
      '--ulimit',
      'nofile=1024:4096',
      '--cgroup-parent',
      'ci',
      '--no-cache',
      '--pull',
      '--annotation',
      'index:a=b, c',
      '--platform',
      'linux/amd64,linux/arm64',
      '--build-context',
      'base=docker-image://alpine:3',
      '--secret',
      'id=npm,src=/t/0',
      '--secret',
      'id=GIT_AUTH_TOKEN.github.com,env=TOKEN',
      '--ssh',
      'default',
      '--allow',
      'network.host',
      '--no-cache-filter',
      'run',
      '--cache-from',
      'type=gha',
      '--cache-to',
      'type=gha,mode=max,ignore-error=true',
      '--cache-to',
      'type=inline',
      '--cache-to',
      'type=registry,ref=r/a:cache,ignore-error=true',
      '--cache-to',
      'type=local,dest=c,ignore-error=false',
      '--attest',
      'type=provenance,mode=max,builder-id=https://github.com/acme/hello/actions/runs/7/attempts/1',
      '--attest',
      'type=sbom,disabled=false',
      '--attest',
      'type=custom',
      '--',
      '-odd',
    ])
  })

  test('nothing is pushed, loaded or written when the Dockerfile is only asked', () => {
    const args = buildxArguments(options({ call: 'check', load: true, outputs: ['out'] }), 'm.json')
    expect(args.slice(0, 6)).toEqual([
      'buildx',
      'build',
      '--call',
      'check',
      '--metadata-file',
      'm.json',
    ])
    expect(buildxArguments(options({ push: false }), 'm.json')).not.toContain('--push')
  })

  test('without buildx it is docker build, and the push comes apart from it', () => {
    expect(plainArguments(options({ target: 'run' })).join(' ')).toBe(
      'build --target run --tag ghcr.io/acme/hello:1 -- .',
    )
  })
})

describe('what only buildx knows', () => {
  test.for<[string, Partial<BuildOptions>, string[]]>([
    [
      'a plain build',
      {
        cacheFrom: ['r/a:1'],
        noCache: true,
        secrets: [`id=GIT_AUTH_TOKEN.x,env=${GIT_TOKEN_VARIABLE}`],
      },
      [],
    ],
    ['platforms', { platforms: ['linux/arm64'] }, ['platforms']],
    ['a typed cache', { cacheFrom: ['type=gha'] }, ['cache-from with a type']],
    [
      'several',
      { cacheTo: ['type=gha'], sbom: 'true', secrets: ['id=a,src=b'] },
      ['secrets, secret-files or secret-envs', 'cache-to', 'sbom'],
    ],
    ['what is off anyway', { provenance: 'false', sbom: 'FALSE', call: 'build', load: true }, []],
    [
      'what else is asked for',
      {
        outputs: ['out'],
        builder: 'b',
        allow: ['a'],
        noCacheFilters: ['s'],
        attests: ['type=sbom'],
        call: 'check',
      },
      ['attests', 'outputs', 'builder', 'allow', 'no-cache-filters', 'call'],
    ],
  ])('%s', ([, change, expected]) => {
    expect(needsBuildx(options(change))).toEqual(expected)
  })
})

describe('calls of docker', () => {
  /** Builds by a docker that is this script; gives what it was called for. */
  const buildBy = async (script: string) => {
    const directory = mkdtempSync(join(tmpdir(), 'docker-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const calls = join(directory, 'calls')
    writeFileSync(join(directory, 'docker'), `#!/bin/sh\necho "$1 $2" >>${calls}\n${script}\n`)
    chmodSync(join(directory, 'docker'), 0o755)
    vi.stubEnv('PATH', `${directory}:${process.env['PATH']}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    const call = { env: process.env, signal: new AbortController().signal }
    const result = await build(options(), parseImage('ghcr.io/acme/hello:1'), {
      directory,
      call,
    }).catch((error: unknown) => error)
    return { result, calls: readFileSync(calls, 'utf8').trim().split('\n') }
  }

  test('a build that goes well asks for nothing else', async () => {
    const metadata = JSON.stringify({ 'containerimage.digest': DIGEST })
    const { result, calls } = await buildBy(
      `while [ "$1" != --metadata-file ]; do shift; done\necho '${metadata}' >"$2"`,
    )
    expect(result).toEqual({ digest: DIGEST, metadata })
    expect(calls).toEqual(['buildx build'])
  })

  test('whether buildx is there at all is asked once it failed', async () => {
    const { result, calls } = await buildBy('[ "$2" = version ]')
    expect(result).toMatchObject({ code: 'build_failed' })
    expect(calls).toEqual(['buildx build', 'buildx version'])
  })

  test('Podman is told apart by then', async () => {
    const { result } = await buildBy('echo buildah 1.33.7; [ "$2" = version ]')
    expect(result).toMatchObject({ code: 'no_docker' })
  })
})

describe('the pushed digest', () => {
  test('is containerimage.digest', () => {
    const metadata = { 'containerimage.digest': DIGEST, 'containerimage.config.digest': IMAGE_ID }
    expect(digestOfMetadata(JSON.stringify(metadata))).toBe(DIGEST)
  })

  test.each([
    ['missing', {}],
    ['malformed', { 'containerimage.digest': 'sha256:abc' }],
    [
      'the image’s id',
      { 'containerimage.digest': IMAGE_ID, 'containerimage.config.digest': IMAGE_ID },
    ],
  ])('is an error when it is %s', (_, metadata) => {
    expect(() => digestOfMetadata(JSON.stringify(metadata))).toThrow(
      expect.objectContaining({ code: 'no_digest' }) as Error,
    )
  })

  test('without buildx it is the one of the very repository', () => {
    const other = `sha256:${'c'.repeat(64)}`
    const digests = [`localhost:5000/acme/other@${other}`, `localhost:5000/acme/hello@${DIGEST}`]
    expect(digestOfRepository(digests, 'localhost:5000/acme/hello')).toBe(DIGEST)
    expect(digestOfRepository([`acme/hello@${DIGEST}`], 'docker.io/acme/hello')).toBe(DIGEST)
    expect(digestOfRepository([`nginx@${DIGEST}`], 'docker.io/library/nginx')).toBe(DIGEST)
    expect(() => digestOfRepository(digests, 'localhost:5000/acme/hell')).toThrow(
      'reports no digest',
    )
  })
})

describe('what is pushed and deployed', () => {
  const image = {
    image: 'ghcr.io/acme/hello',
    imageGiven: false,
    images: [] as string[],
    tags: [] as string[],
    outputs: [] as string[],
    push: true,
    call: '',
  }

  test('tags are those of the image, and the first is deployed', () => {
    expect(planPush(image, ['sha-1', 'main'])).toEqual({
      references: ['ghcr.io/acme/hello:sha-1', 'ghcr.io/acme/hello:main'],
      deployed: { registry: 'ghcr.io', repository: 'ghcr.io/acme/hello', tag: 'sha-1' },
    })
  })

  test('whole references as of build-push-action need no image', () => {
    expect(
      planPush({ ...image, tags: ['localhost:5000/a/b:1', 'localhost:5000/a/b'] }, []),
    ).toEqual({
      references: ['localhost:5000/a/b:1', 'localhost:5000/a/b:latest'],
      deployed: { registry: 'localhost:5000', repository: 'localhost:5000/a/b', tag: '1' },
    })
  })

  test('a reference elsewhere is pushed beside the one that is deployed', () => {
    const plan = planPush({ ...image, imageGiven: true, tags: ['docker.io/a/b:1'] }, ['2'])
    expect(plan.references).toEqual(['ghcr.io/acme/hello:2', 'docker.io/a/b:1'])
    expect(plan.deployed).toMatchObject({ repository: 'ghcr.io/acme/hello', tag: '2' })
  })

  test('each of several images has every tag, and the one named image is deployed', () => {
    const images = ['acme/hello', 'ghcr.io/acme/hello']
    const references = [
      'acme/hello:1',
      'acme/hello:2',
      'ghcr.io/acme/hello:1',
      'ghcr.io/acme/hello:2',
    ]
    const first = planPush({ ...image, image: 'acme/hello', images }, ['1', '2'])
    expect(first.references).toEqual(references)
    expect(first.deployed).toMatchObject({ repository: 'docker.io/acme/hello', tag: '1' })
    expect(planPush({ ...image, imageGiven: true, images }, ['1', '2'])).toEqual({
      references,
      deployed: { registry: 'ghcr.io', repository: 'ghcr.io/acme/hello', tag: '1' },
    })
  })

  test('what is pushed under its digest alone has no tag', () => {
    const outputs = ['type=image,"name=a,b",Push-By-Digest=1,name-canonical=true']
    const tags = ['localhost:5000/acme/hello']
    expect(planPush({ ...image, outputs, tags }, ['1', '2'])).toEqual({
      references: ['ghcr.io/acme/hello', 'localhost:5000/acme/hello'],
      deployed: { registry: 'ghcr.io', repository: 'ghcr.io/acme/hello' },
    })
  })

  test('what is not pushed needs no tag', () => {
    const { references } = planPush({ ...image, imageGiven: true, push: false }, [])
    expect(references).toEqual([])
  })

  test.each([
    [
      { ...image, image: 'ghcr.io/acme/hello:1' },
      'input image: "ghcr.io/acme/hello:1" names a tag',
    ],
    [{ ...image, images: ['acme/hello:1'] }, 'input images: "acme/hello:1" names a tag'],
    [{ ...image, image: 'ghcr.io/Acme/Hello' }, 'input image'],
    [{ ...image, tags: ['ghcr.io/a b'] }, 'input tags'],
    [
      { ...image, imageGiven: true, images: ['localhost:5000/x/y'] },
      'input images: none of "localhost:5000/x/y:latest" is one of ghcr.io/acme/hello',
    ],
  ])('%o is refused', (inputs, words) => {
    expect(() => planPush(inputs, ['latest'])).toThrow(words)
  })
})

describe('the workflow’s token reads a build context', () => {
  const run = { serverUrl: 'https://github.com', repository: 'acme/hello' }
  const own = 'https://github.com/acme/hello.git#refs/heads/main'
  const none = { secrets: [], secretFiles: [], secretEnvs: [] }

  test.for<[string, Partial<Parameters<typeof gitToken>[0]>, boolean]>([
    [own, {}, true],
    ['https://github.com/acme/hello', {}, true],
    ['https://github.com/acme/hello-evil.git', {}, false],
    ['https://github.com/other/hello.git', {}, false],
    ['https://github.com.evil.example/acme/hello', {}, false],
    ['.', {}, false],
    [own, { secrets: ['GIT_AUTH_TOKEN=mine'] }, false],
    [own, { secrets: ['GIT_AUTH_TOKEN.github.com=mine'] }, false],
    [own, { secretEnvs: ['GIT_AUTH_TOKEN=MINE'] }, false],
    [own, { secretFiles: ['GIT_AUTH_HEADER.github.com=mine'] }, false],
    [own, { secrets: ['GIT_AUTH_TOKEN.gitlab.com=mine', 'npm=GIT_AUTH_TOKEN=x'] }, true],
  ])('%s with %j: %s', ([context, change, given]) => {
    expect(gitToken({ context, githubToken: 't', ...none, ...change }, run) !== undefined).toBe(
      given,
    )
  })
})
