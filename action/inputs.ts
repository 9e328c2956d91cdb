import { getInput } from '@actions/core'
import { parseImage } from '../protocol/image-reference.ts'
import { MAX_DURATION_MS, parseDuration } from '../protocol/duration.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import { parseHookTarget } from './hook-target.ts'
import { parseLines, parseList } from './lists.ts'
import { type Flavor, parseFlavor } from './metadata/flavor.ts'
import { parseImages } from './metadata/images.ts'
import { readTags } from './metadata/read-tags.ts'
import type { Rule } from './metadata/rules.ts'
import type { RunContext } from './context.ts'
import { githubRegistry } from './registries/github.ts'
import { registryHost } from './registries/host.ts'

const DEFAULT_REGISTRY = 'ghcr.io'

/** The Action's inputs, checked and with their defaults. */
export interface Inputs {
  /** Receivers, one after the other; empty: only build and push. */
  hooks: readonly HookTarget[]
  /** `whsk_…`, `whsec_…`, or `''` for OIDC. */
  secret: string
  /** Repository to push to, or the image to deploy. */
  image: string
  /** The workflow named the image itself. */
  imageGiven: boolean
  /** Host and port. */
  registry: string
  username: string
  password: string
  /** ARN of the role to assume, for ECR without a password. */
  awsRole: string
  /** `''` for that of the registry's host. */
  awsRegion: string
  /** Entra application, for ACR without a password. */
  azureClientId: string
  azureTenantId: string
  context: string
  file: string
  target: string
  buildArgs: readonly string[]
  labels: readonly string[]
  annotations: readonly string[]
  /** Whole references. */
  tags: readonly string[]
  /** docker/metadata-action's rules; a bare tag is one too. */
  tagRules: readonly Rule[]
  flavor: Flavor
  /** Repositories that the tags of {@link tagRules} are of; none: {@link image}. */
  images: readonly string[]
  /** Whether tags and labels are made of the event or of the checkout. */
  tagContext: 'workflow' | 'git'
  /** What stands between the items of the outputs `tags`, `labels` and `annotations`. */
  separators: { tags: string; labels: string; annotations: string }
  platforms: readonly string[]
  /** `name=value`. */
  buildContexts: readonly string[]
  /** `id=value`; values may have several lines. */
  secrets: readonly string[]
  /** `id=path`. */
  secretFiles: readonly string[]
  /** `id=name of a variable`. */
  secretEnvs: readonly string[]
  /** `default` or `id=socket or key`. */
  ssh: readonly string[]
  cacheFrom: readonly string[]
  cacheTo: readonly string[]
  noCache: boolean
  pull: boolean
  /** `''` for none, else as buildx's `--provenance` and `--sbom` have it. */
  provenance: string
  sbom: string
  /** `host:address`. */
  addHosts: readonly string[]
  network: string
  shmSize: string
  ulimit: readonly string[]
  build: boolean
  /** `previous`, a digest or a deployment's id; `''` for none. */
  rollback: string
  /** Environment of the GitHub deployment; `''` for none. */
  environment: string
  /** Where users see the result; `''` for what the receiver says. */
  environmentUrl: string
  /** Files with Sigstore bundles of the image, to go with the hook. */
  attestations: readonly string[]
  wait: boolean
  timeoutMs: number
  githubToken: string
}

/**
 * Reads the inputs. An absent or empty one means its documented default, also when the Action is run without `action.yml`
 * applied.
 * @param input gives an input's text, trimmed; `''` for none
 * @throws ActionError `bad_input`, naming the input, its value and the remedy.
 */
export const readInputs = (run: RunContext, input: typeof getInput = getInput): Inputs => {
  const read = (name: string, fallback = ''): string => input(name) || fallback
  const list = (name: string, keepCommas: boolean) => parseList(read(name), { name, keepCommas })

  const lines = (name: string) => parseLines(read(name), name)
  // white space is a separator too
  const separator = (name: string) => input(name, { trimWhitespace: false }) || '\n'

  const images = parseImages(lines('images'))
  const image = read('image', images[0])
  const githubToken = read('github-token')
  const password = read('password', githubToken)
  const home = password === githubToken ? githubRegistry(run.serverUrl) : DEFAULT_REGISTRY
  const registry = readRegistry(read('registry', DEFAULT_REGISTRY), image, home)
  const inputs = Object.freeze({
    hooks: parseList(read('url'), { name: 'url', keepCommas: true }).map(parseHookTarget),
    secret: read('secret'),
    image: image === '' ? defaultImage(registry, run) : image,
    imageGiven: read('image') !== '',
    registry,
    username: read('username', run.actor),
    password,
    awsRole: read('aws-role'),
    awsRegion: read('aws-region'),
    azureClientId: read('azure-client-id'),
    azureTenantId: read('azure-tenant-id'),
    context: read('context', '.'),
    file: read('file'),
    target: read('target'),
    buildArgs: list('build-args', true),
    labels: list('labels', true),
    annotations: list('annotations', true),
    ...readTags(lines('tags')),
    flavor: parseFlavor(lines('flavor')),
    images,
    tagContext: readTagContext(read('tag-context', 'workflow')),
    separators: {
      tags: separator('sep-tags'),
      labels: separator('sep-labels'),
      annotations: separator('sep-annotations'),
    },
    platforms: list('platforms', false),
    buildContexts: list('build-contexts', true),
    secrets: list('secrets', true),
    secretFiles: list('secret-files', true),
    secretEnvs: list('secret-envs', false),
    ssh: list('ssh', false),
    cacheFrom: list('cache-from', true),
    cacheTo: list('cache-to', true),
    noCache: readBoolean('no-cache', read('no-cache', 'false')),
    pull: readBoolean('pull', read('pull', 'false')),
    provenance: readAttest(read('provenance')),
    sbom: readAttest(read('sbom')),
    addHosts: list('add-hosts', false),
    network: read('network'),
    shmSize: read('shm-size'),
    ulimit: list('ulimit', false),
    build: readBoolean('build', read('build', 'true')),
    rollback: read('rollback'),
    environment: read('environment'),
    environmentUrl: read('environment-url'),
    attestations: list('attestations', true),
    wait: readBoolean('wait', read('wait', 'true')),
    timeoutMs: readDuration('timeout', read('timeout', '10m')),
    githubToken,
  } satisfies Inputs)
  checkTogether(inputs)
  return inputs
}

function readTagContext(text: string): 'workflow' | 'git' {
  if (text === 'workflow' || text === 'git') return text
  throw new ActionError('bad_input', `input tag-context: "${text}" is not one`, {
    hint: 'Write workflow (what the event says) or git (what is checked out).',
  })
}

/** `false` is what it is anyway. */
const readAttest = (text: string): string => (/^(?:false|False|FALSE)$/.test(text) ? '' : text)

/** Left at its default, it is where the image goes: a login elsewhere would be of no use. Without an image it is `home`. */
function readRegistry(given: string, image: string, home: string): string {
  const registry = registryHost(given)
  if (registry !== DEFAULT_REGISTRY) return registry
  if (image === '') return home
  try {
    return parseImage(image).registry
  } catch {
    // told when the image itself is read
    return registry
  }
}

/** Booleans of YAML 1.2's core schema, as every GitHub Action reads them. */
function readBoolean(name: string, text: string): boolean {
  if (['true', 'True', 'TRUE'].includes(text)) return true
  if (['false', 'False', 'FALSE'].includes(text)) return false
  throw new ActionError('bad_input', `input ${name}: "${text}" is not a boolean`, {
    hint: 'Write true or false.',
  })
}

function readDuration(name: string, text: string): number {
  const ms = parseDuration(text)
  // timers take whole milliseconds
  if (ms !== undefined && ms > 0 && ms <= MAX_DURATION_MS) return Math.ceil(ms)
  throw new ActionError('bad_input', `input ${name}: "${text}" is not a duration`, {
    hint: 'Write a number with its unit, as 90s, 10m or 1h30m; at most 596h.',
  })
}

function defaultImage(registry: string, run: RunContext): string {
  return run.repository === '' ? '' : `${registry}/${run.repository}`.toLowerCase()
}

function checkTogether(inputs: Inputs): void {
  if (inputs.rollback !== '' && inputs.hooks.length === 0) {
    throw new ActionError('bad_input', `input rollback: "${inputs.rollback}" without url`, {
      hint: 'Give url, the hook of the app to roll back: https://deploy.example.com/hooks/api.',
    })
  }
  if (!inputs.build && inputs.rollback === '' && inputs.hooks.length === 0) {
    throw new ActionError('bad_input', 'input build is false and url is empty: nothing to do', {
      hint: 'Give url to deploy image as it is, or leave build out to build and push it.',
    })
  }
  if (inputs.image === '' && inputs.rollback === '') {
    throw new ActionError('bad_input', 'input image is empty, and GITHUB_REPOSITORY is too', {
      hint: 'Give image, the repository to push to: ghcr.io/acme/api.',
    })
  }
}
