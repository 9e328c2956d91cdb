import { parseDuration } from './duration.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import { parseHookTarget } from './hook-target.ts'
import { parseList } from './lists.ts'
import type { RunContext } from './context.ts'
import { registryHost } from './registry.ts'

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
  context: string
  file: string
  target: string
  buildArgs: readonly string[]
  labels: readonly string[]
  /** As given: bare tags of {@link image} or whole references. */
  tags: readonly string[]
  platforms: readonly string[]
  build: boolean
  /** `previous`, a digest or a deployment's id; `''` for none. */
  rollback: string
  wait: boolean
  timeoutMs: number
  githubToken: string
}

/**
 * Reads the `INPUT_*` variables. An absent or empty one means its documented default, also when the Action is run
 * without `action.yml` applied.
 * @throws ActionError `bad_input`, naming the input, its value and the remedy.
 */
export const readInputs = (env: NodeJS.ProcessEnv, run: RunContext): Inputs => {
  const read = (name: string, fallback = ''): string =>
    env[`INPUT_${name.toUpperCase()}`]?.trim() || fallback
  const list = (name: string, keepCommas: boolean) => parseList(read(name), { name, keepCommas })

  const registry = registryHost(read('registry', 'ghcr.io'))
  const githubToken = read('github-token')
  const inputs = Object.freeze({
    hooks: parseList(read('url'), { name: 'url', keepCommas: true }).map(parseHookTarget),
    secret: read('secret'),
    image: read('image', defaultImage(registry, run)),
    imageGiven: read('image') !== '',
    registry,
    username: read('username', run.actor),
    password: read('password', githubToken),
    context: read('context', '.'),
    file: read('file'),
    target: read('target'),
    buildArgs: list('build-args', true),
    labels: list('labels', true),
    tags: list('tags', false),
    platforms: list('platforms', false),
    build: readBoolean('build', read('build', 'true')),
    rollback: read('rollback'),
    wait: readBoolean('wait', read('wait', 'true')),
    timeoutMs: readDuration('timeout', read('timeout', '10m')),
    githubToken,
  } satisfies Inputs)
  checkTogether(inputs)
  return inputs
}

/** Booleans of YAML 1.2's core schema, as every GitHub Action reads them. */
function readBoolean(name: string, text: string): boolean {
  if (['true', 'True', 'TRUE'].includes(text)) return true
  if (['false', 'False', 'FALSE'].includes(text)) return false
  throw new ActionError('bad_input', `input ${name}: "${text}" is no boolean`, {
    hint: 'Write true or false.',
  })
}

function readDuration(name: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new ActionError('bad_input', `input ${name}: "${text}" is no duration`, {
    hint: 'Write a number with its unit, as 90s, 10m or 1h30m.',
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
