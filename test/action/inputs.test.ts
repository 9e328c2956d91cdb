import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ActionError } from '../../action/error.ts'
import { readInputs } from '../../action/inputs.ts'
import { contextOf } from './context-of.ts'

const read = (inputs: Record<string, string> = {}) =>
  readInputs(contextOf(), (name, { trimWhitespace = true } = {}) =>
    trimWhitespace ? (inputs[name] ?? '').trim() : (inputs[name] ?? ''),
  )

const caught = (work: () => unknown): ActionError => {
  try {
    work()
  } catch (error) {
    if (error instanceof ActionError) return error
  }
  throw new Error('no ActionError was thrown')
}

test('without any variable each input has its documented default', () => {
  expect(read({ 'github-token': 'ghs_1' })).toEqual({
    hooks: [],
    onFailure: 'stop',
    maxParallel: 1,
    secret: '',
    image: 'ghcr.io/acme/hello',
    imageGiven: false,
    registry: 'ghcr.io',
    username: 'octocat',
    password: 'ghs_1',
    awsRole: '',
    awsRegion: '',
    azureClientId: '',
    azureTenantId: '',
    gcpProvider: '',
    gcpServiceAccount: '',
    context: '.',
    file: '',
    target: '',
    buildArgs: [],
    labels: [],
    annotations: [],
    tags: [],
    tagRules: [],
    flavor: { latest: 'auto', prefix: '', suffix: '', prefixLatest: false, suffixLatest: false },
    images: [],
    tagContext: 'workflow',
    separators: { tags: '\n', labels: '\n', annotations: '\n' },
    platforms: [],
    buildContexts: [],
    secrets: [],
    secretFiles: [],
    secretEnvs: [],
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
    build: true,
    rollback: '',
    preview: '',
    environment: '',
    environmentUrl: '',
    attestations: [],
    wait: true,
    timeoutMs: 600_000,
    id: '',
    githubToken: 'ghs_1',
  })
})

test('an empty variable means the default too', () => {
  const inputs = read({ timeout: '', registry: '', build: '', context: ' ' })
  expect(inputs).toMatchObject({
    timeoutMs: 600_000,
    registry: 'ghcr.io',
    build: true,
    context: '.',
  })
})

test('the first of images is the image, unless that is given, and says which registry', () => {
  const images = 'acme/hello\nname=ghcr.io/acme/hello,enable=false'
  expect(read({ images })).toMatchObject({
    images: ['acme/hello'],
    image: 'acme/hello',
    imageGiven: false,
    registry: 'docker.io',
  })
  expect(read({ images, image: 'ghcr.io/acme/hello' })).toMatchObject({
    image: 'ghcr.io/acme/hello',
    imageGiven: true,
    registry: 'ghcr.io',
  })
})

test('a separator may be white space', () => {
  expect(read({ 'sep-tags': ' ', 'sep-labels': ', ' }).separators).toEqual({
    tags: ' ',
    labels: ', ',
    annotations: '\n',
  })
})

test('a secret keeps its commas, and in quotes its lines and quotes', () => {
  expect(read({ secrets: 'one=a,b\n"two=line 1\nline ""2"""\nthree=c' }).secrets).toEqual([
    'one=a,b',
    'two=line 1\nline "2"',
    'three=c',
  ])
})

test('a secret keeps the white space and the line ends around it', () => {
  const key = '-----BEGIN KEY-----\nabc\n-----END KEY-----\n\n'
  expect(read({ secrets: `"key=${key}"\r\n\n  pin= 12 \n  # no\n` }).secrets).toEqual([
    `key=${key}`,
    '  pin= 12 ',
  ])
})

test('an output keeps its quotes, which are buildx’s', () => {
  const output = 'type=image,"name=a/b:1,a/b:2",push=true'
  expect(read({ outputs: `${output}\n  out  ` }).outputs).toEqual([output, 'out'])
})

test('every input of action.yml is read, and no other', () => {
  const asked = new Set<string>()
  readInputs(contextOf(), (name) => {
    asked.add(name)
    return ''
  })
  const action = parse(readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8')) as {
    inputs: object
  }
  expect([...asked].toSorted()).toEqual(Object.keys(action.inputs).toSorted())
})

test('the registry is its host, however it was written, and the image is on it', () => {
  expect(read({ registry: 'https://registry.example.com:5000/v2/' })).toMatchObject({
    registry: 'registry.example.com:5000',
    image: 'registry.example.com:5000/acme/hello',
  })
})

test('on a company’s own GitHub the image goes to the registry beside it', () => {
  const run = contextOf({ serverUrl: 'https://acme.ghe.com' })
  expect(readInputs(run, () => '')).toMatchObject({
    registry: 'containers.acme.ghe.com',
    image: 'containers.acme.ghe.com/acme/hello',
  })
})

test.for([
  ['registry.example.com:5000/acme/api', {}, 'registry.example.com:5000'],
  ['acme/api', {}, 'docker.io'],
  ['ghcr.io/acme/api', {}, 'ghcr.io'],
  ['acme.azurecr.io/api', { registry: 'other.azurecr.io' }, 'other.azurecr.io'],
  ['acme/api', { registry: 'ghcr.io' }, 'ghcr.io'],
  ['', { images: 'acme/api\nghcr.io/acme/api' }, 'docker.io'],
  ['', { images: 'acme/api\nghcr.io/acme/api', registry: 'ghcr.io' }, 'ghcr.io'],
  ['', { tags: 'acme/api:1\nghcr.io/acme/api:1' }, 'docker.io'],
  ['', { tags: 'type=sha\nacme/api:1' }, 'ghcr.io'],
  ['ghcr.io/acme/api', { tags: 'acme/api:1' }, 'ghcr.io'],
  ['not an image', {}, 'ghcr.io'],
] as const)('an image %s with %j is signed in to at %s', ([image, more, registry]) => {
  expect(read({ image, ...more }).registry).toBe(registry)
})

describe('url', () => {
  test('each line is one receiver', () => {
    const { hooks } = read({
      url: 'https://a.example.com/hooks/api\n\n# second\nhttps://b.example.com/hooks/api/',
    })
    expect(hooks).toEqual([
      { url: 'https://a.example.com/hooks/api', app: 'api' },
      { url: 'https://b.example.com/hooks/api', app: 'api' },
    ])
  })

  test('user and password are taken out of it', () => {
    expect(read({ url: 'https://api:p%40ss@a.example.com/hooks/api' }).hooks).toEqual([
      {
        url: 'https://a.example.com/hooks/api',
        app: 'api',
        basic: { username: 'api', password: 'p@ss' },
      },
    ])
  })

  test('App Service’s own names its app in the user, with a leading $', () => {
    const { hooks } = read({ url: 'https://$shop:secret@shop.scm.azurewebsites.net/docker/hook' })
    expect(hooks[0]).toMatchObject({
      app: 'shop',
      basic: { username: '$shop', password: 'secret' },
    })
  })

  test.each([
    ['deploy.example.com/hooks/api', 'is not a URL'],
    ['ftp://deploy.example.com/hooks/api', 'it begins with ftp:'],
    ['https://deploy.example.com/', 'names no app'],
  ])('%s is refused, for it %s', (url, words) => {
    const error = caught(() => read({ url }))
    expect(error.message).toContain('input url')
    expect(error.message).toContain(words)
    expect(error.hint).toBeTruthy()
  })

  test('a password never gets into the error of a wrong URL', () => {
    expect(caught(() => read({ url: 'https//api:hunter2@host/hooks/api' })).message).not.toContain(
      'hunter2',
    )
  })
})

test.for([
  'type=registry',
  'type=registry,push=false',
  'type=image,push=true',
  'type=image,"name=ghcr.io/a/b,ghcr.io/a/c",push-by-digest=true,push=true',
  '"type=image"," PUSH=1"',
  'type=image,push=',
])('push: false beside outputs: %s is refused, for it would push', (output) => {
  const error = caught(() => read({ push: 'false', outputs: `type=oci,dest=o.tar\n${output}` }))
  expect(error.message).toBe(`input outputs: "${output}" pushes, beside push: false`)
  expect(error.hint).toContain('write push: true')
  expect(read({ outputs: output }).outputs).toEqual([output])
})

test('outputs that push nothing go with push: false', () => {
  const outputs = ['out', 'type=docker', 'type=image,name=a', 'type=image,push=false', 'registry']
  expect(read({ push: 'false', outputs: outputs.join('\n') }).outputs).toEqual(outputs)
})

test.each([
  [{ build: 'yes' }, 'input build: "yes" is not a boolean'],
  [{ wait: '0' }, 'input wait: "0" is not a boolean'],
  [{ timeout: '600' }, 'input timeout: "600" is not a duration'],
  [{ timeout: '0s' }, 'input timeout: "0s" is not a duration'],
  [{ timeout: '600h' }, 'input timeout: "600h" is not a duration'],
  [{ rollback: 'previous' }, 'input rollback: "previous" without url'],
  [{ build: 'false' }, 'input build is false and url is empty: nothing to do'],
])('%o is refused with what to do', (inputs, message) => {
  const error = caught(() => read(inputs))
  expect(error).toMatchObject({ code: 'bad_input', message })
  expect(error.hint).toBeTruthy()
})

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['1.0005s', 1001],
  ['250us', 1],
])('a timeout of %s is %i ms', (timeout, ms) => {
  expect(read({ timeout }).timeoutMs).toBe(ms)
})

test.each(['True', 'TRUE', 'true'])('%s is true, as in YAML 1.2', (build) => {
  expect(read({ build }).build).toBe(true)
})
