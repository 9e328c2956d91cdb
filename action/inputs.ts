import { getInput } from '@actions/core'
import { parseImage } from '../protocol/image-reference.ts'
import { MAX_DURATION_MS, parseDuration } from '../protocol/duration.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import { parseHookTarget } from './hook-target.ts'
import { parseList } from './lists.ts'
import { type Flavor, parseFlavor } from './flavor.ts'
import { isRule } from './tag-rules.ts'
import type { RunContext } from './context.ts'
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
  /** As given: bare tags of {@link image} or whole references. */
  tags: readonly string[]
  /** Lines of `tags` that are docker/metadata-action's rules. */
  tagRules: readonly string[]
  flavor: Flavor
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
export const readInputs = (run: RunContext, input: (name: string) => string = getInput): Inputs => {
  const read = (name: string, fallback = ''): string => input(name) || fallback
  const list = (name: string, keepCommas: boolean) => parseList(read(name), { name, keepCommas })

  const registry = readRegistry(read('registry', DEFAULT_REGISTRY), read('image'))
  const githubToken = read('github-token')
  const tagLines = read('tags')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const inputs = Object.freeze({
    hooks: parseList(read('url'), { name: 'url', keepCommas: true }).map(parseHookTarget),
    secret: read('secret'),
    image: read('image', defaultImage(registry, run)),
    imageGiven: read('image') !== '',
    registry,
    username: read('username', run.actor),
    password: read('password', githubToken),
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
    tags: tagLines.filter((line) => !isRule(line)).flatMap(plainTags),
    tagRules: tagLines.filter(isRule),
    flavor: parseFlavor(list('flavor', true)),
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

const plainTags = (line: string): string[] => parseList(line, { name: 'tags', keepCommas: false })

/** `false` is what it is anyway. */
const readAttest = (text: string): string => (/^(?:false|False|FALSE)$/.test(text) ? '' : text)

/** Left at its default, it is where the image goes: a login elsewhere would be of no use. */
function readRegistry(given: string, image: string): string {
  const registry = registryHost(given)
  if (registry !== DEFAULT_REGISTRY || image === '') return registry
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
