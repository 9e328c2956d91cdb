import { getInput } from '@actions/core'
import { parseImage } from '../protocol/image-reference.ts'
import { asksForPush, type BuildInputs, readBuildInputs } from './build-inputs.ts'
import { ActionError } from './error.ts'
import type { HookTarget } from './hook-target.ts'
import { parseHookTarget } from './hook-target.ts'
import { createReader } from './input-reader.ts'
import { type Flavor, parseFlavor } from './metadata/flavor.ts'
import { parseImages } from './metadata/images.ts'
import { readTags } from './metadata/read-tags.ts'
import type { Rule } from './metadata/rules.ts'
import type { RunContext } from './context.ts'
import { asksForPreview } from './preview.ts'
import { githubRegistry, isWorkflowToken } from './registries/github.ts'
import { registryHost } from './registries/host.ts'

export const ON_FAILURE = ['stop', 'continue', 'rollback'] as const
export type OnFailure = (typeof ON_FAILURE)[number]

/** The Action's inputs, checked and with their defaults. */
export interface Inputs extends BuildInputs {
  /** Receivers, in the order in which they are begun; empty: only build and push. */
  hooks: readonly HookTarget[]
  /** What the failure of one of several receivers is to the others. */
  onFailure: OnFailure
  /** So many receivers are at work at once. */
  maxParallel: number
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
  /** Workload identity provider, for Google's registries without a password. */
  gcpProvider: string
  /** `''` when the pool itself may push. */
  gcpServiceAccount: string
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
  build: boolean
  /** `previous`, a digest or a deployment's id; `''` for none. */
  rollback: string
  /** `true`, or the name of a preview; `''` or `false` for the app itself. */
  preview: string
  /** Environment of the GitHub deployment; `''` for none. */
  environment: string
  /** Where users see the result; `''` for what the receiver says. */
  environmentUrl: string
  /** Files with Sigstore bundles of the image, to go with the hook. */
  attestations: readonly string[]
  wait: boolean
  timeoutMs: number
  /** Idempotency key of the hook; `''` for one of the run's own. */
  id: string
  githubToken: string
}

/**
 * Reads the inputs. An absent or empty one means its documented default, also when the Action is run without `action.yml`
 * applied.
 * @param input gives an input's text, trimmed; `''` for none
 * @throws ActionError `bad_input`, naming the input, its value and the remedy.
 */
export const readInputs = (run: RunContext, input: typeof getInput = getInput): Inputs => {
  const reader = createReader(input)
  const { text, untrimmed, lines, rows, boolean, duration } = reader

  const images = parseImages(rows('images'))
  const image = text('image', images[0])
  const githubToken = text('github-token')
  const password = text('password', githubToken)
  const home =
    password === '' || isWorkflowToken(password, githubToken)
      ? githubRegistry(run.serverUrl)
      : 'ghcr.io'
  const { tags, tagRules } = readTags(rows('tags'))
  // rules are of the default image, whole references need none
  const [reference = ''] = tagRules.length > 0 ? [] : tags
  const registry = readRegistry(text('registry'), image || reference, home)
  const inputs = Object.freeze({
    hooks: lines('url').map(parseHookTarget),
    onFailure: readOnFailure(text('on-failure', 'stop')),
    maxParallel: readMaxParallel(text('max-parallel', '1')),
    secret: text('secret'),
    image: image === '' ? defaultImage(registry, run) : image,
    imageGiven: text('image') !== '',
    registry,
    username: text('username', run.actor),
    password,
    awsRole: text('aws-role'),
    awsRegion: text('aws-region'),
    azureClientId: text('azure-client-id'),
    azureTenantId: text('azure-tenant-id'),
    gcpProvider: text('gcp-workload-identity-provider'),
    gcpServiceAccount: text('gcp-service-account'),
    ...readBuildInputs(reader),
    tags,
    tagRules,
    flavor: parseFlavor(rows('flavor')),
    images,
    tagContext: readTagContext(text('tag-context', 'workflow')),
    separators: {
      tags: untrimmed('sep-tags', '\n'),
      labels: untrimmed('sep-labels', '\n'),
      annotations: untrimmed('sep-annotations', '\n'),
    },
    build: boolean('build', true),
    rollback: text('rollback'),
    preview: text('preview'),
    environment: text('environment'),
    environmentUrl: text('environment-url'),
    attestations: lines('attestations'),
    wait: boolean('wait', true),
    timeoutMs: duration('timeout', '10m'),
    id: text('id'),
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

function readOnFailure(text: string): OnFailure {
  const known = ON_FAILURE.find((each) => each === text)
  if (known !== undefined) return known
  throw new ActionError('bad_input', `input on-failure: "${text}" is not one`, {
    hint: `Write ${ON_FAILURE.join(', ')}.`,
  })
}

function readMaxParallel(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new ActionError('bad_input', `input max-parallel: "${text}" is not a count`, {
    hint: 'Write how many receivers may be at work at once, 1 or more.',
  })
}

/** One that is given is meant, whatever the image is. Else it is where the image goes, and where nothing says so `home`. */
function readRegistry(given: string, image: string, home: string): string {
  if (given !== '') return registryHost(given)
  if (image === '') return home
  try {
    return parseImage(image).registry
  } catch {
    // told when the image itself is read
    return home
  }
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
  const urls = inputs.hooks.map(({ url }) => url)
  const twice = urls.find((url, index) => urls.indexOf(url) !== index)
  if (twice !== undefined) {
    throw new ActionError('bad_input', `input url: ${twice} stands there twice`, {
      hint: 'Give each receiver once.',
    })
  }
  if (inputs.onFailure === 'rollback' && !inputs.wait) {
    throw new ActionError('bad_input', 'input on-failure: "rollback" beside wait: false', {
      hint: 'Leave wait out: what is not followed is not known to fail.',
    })
  }
  if (asksForPreview(inputs.preview)) checkPreview(inputs)
  const pushing = inputs.push ? undefined : inputs.outputs.find(asksForPush)
  if (pushing !== undefined) {
    throw new ActionError('bad_input', `input outputs: "${pushing}" pushes, beside push: false`, {
      hint: 'Take the line out, or push=true out of it (type=docker, type=oci and type=local push nothing), or write push: true.',
    })
  }
  if (inputs.image === '' && inputs.rollback === '') {
    throw new ActionError('bad_input', 'input image is empty, and GITHUB_REPOSITORY is too', {
      hint: 'Give image, the repository to push to: ghcr.io/acme/api.',
    })
  }
}

function checkPreview({ preview, hooks, rollback }: Inputs): void {
  if (rollback !== '') {
    throw new ActionError('bad_input', `input preview: "${preview}" beside rollback: ${rollback}`, {
      hint: 'Leave one of them out: a preview is not rolled back, but deployed with another image.',
    })
  }
  if (hooks.length !== 1) {
    const beside = hooks.length === 0 ? 'without url' : `beside ${hooks.length} lines of url`
    throw new ActionError('bad_input', `input preview: "${preview}" ${beside}`, {
      hint: 'Give one url, the hook of the app that has previews; for another app or receiver, write a step of its own.',
    })
  }
  if (hooks.some(({ basic }) => basic !== undefined)) {
    throw new ActionError('bad_input', 'input preview: user and password stand in url', {
      hint: 'Such a hook knows no previews and would deploy the app itself: leave them out of url, and sign with OIDC or secret.',
    })
  }
}
