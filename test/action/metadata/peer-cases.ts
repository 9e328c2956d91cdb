import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readContext } from '../../../action/context.ts'
import { planPush } from '../../../action/image.ts'
import { readInputs } from '../../../action/inputs.ts'
import { readMetadata } from '../../../action/metadata/metadata.ts'
import { outputsOf } from '../../../action/metadata/outputs.ts'
import { githubOf } from '../context-of.ts'

const VECTORS = join(import.meta.dirname, '../../vectors/metadata-action')

/** What docker/metadata-action makes of one event and its inputs, by its own suite or its README. */
export interface PeerCase {
  case: string
  /** A name in events.json, or the event itself. */
  event: string | PeerEvent
  images?: string[]
  tags?: string[]
  flavor?: string[]
  labels?: string[]
  annotations?: string[]
  sepTags?: string
  /** Its environment. */
  prHeadSha?: boolean
  shortShaLength?: string
  annotationLevels?: string
  now?: string
  expect: {
    version?: string
    tagNames?: string[]
    /** The output `tags`: a list, or as one text. */
    references?: string[]
    tags?: string
    /** Those that are not the standard ones. */
    labels?: Record<string, string>
    /** Left out: the same as the labels. */
    annotations?: Record<string, string>
  }
}

export interface PeerEvent {
  event: string
  ref: string
  sha: string
  payload: object
}

export const readVectors = (name: string): unknown =>
  JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8'))

/** What metadata-action takes when `tags` is left out. */
const ITS_DEFAULT_TAGS = [
  'type=schedule',
  'type=ref,event=branch',
  'type=ref,event=tag',
  'type=ref,event=pr',
]

/** What we make of a case, in the form of what it expects, and what it expects in full. */
export const runCase = async (
  peer: PeerCase,
  events: Readonly<Record<string, PeerEvent>>,
): Promise<{ ours: unknown; theirs: unknown }> => {
  const event = typeof peer.event === 'string' ? events[peer.event] : peer.event
  if (event === undefined) throw new Error(`${peer.case}: no such event`)
  const now = new Date(peer.now ?? '2020-01-10T00:30:00.000Z')
  const env = environmentOf(peer)
  const run = readContext(githubIn(event), env)
  const given = inputsOf(peer)
  const inputs = readInputs(run, (name) => given[name] ?? '')
  const metadata = await readMetadata(inputs, run, {
    env,
    now,
    readCheckout: () => Promise.reject(new Error('nothing is checked out')),
    readCommitDate: () => Promise.resolve(now),
  })
  const references =
    metadata.tagNames.length === 0 || peer.images === undefined
      ? metadata.tagNames
      : planPush(inputs, metadata.tagNames).references
  const outputs = outputsOf(metadata, references, inputs.separators)
  const { version, tagNames, tags, labels, annotations = labels } = peer.expect
  const levels = (peer.annotationLevels ?? 'manifest').split(',')
  const whole = (own: Readonly<Record<string, string>>) =>
    pairs({ ...standardLabels(version ?? metadata.version, revisionOf(peer, event)), ...own })
  return {
    ours: {
      ...(version !== undefined && { version: outputs.version }),
      ...(tagNames && { tagNames: metadata.tagNames }),
      ...(peer.expect.references && { references }),
      ...(tags !== undefined && { tags: outputs.tags }),
      ...(labels && { labels: metadata.labels }),
      ...(annotations && { annotations: metadata.annotations }),
    },
    theirs: {
      ...peer.expect,
      ...(labels && { labels: whole(labels) }),
      ...(annotations && {
        annotations: levels.flatMap((level) =>
          whole(annotations).map((pair) => `${level}:${pair}`),
        ),
      }),
    },
  }
}

const githubIn = ({ event, ref, sha, payload }: PeerEvent) =>
  githubOf({
    eventName: event,
    ref,
    sha,
    repo: { owner: 'octocat', repo: 'Hello-World' },
    payload: {
      repository: {
        owner: { login: 'octocat' },
        name: 'Hello-World',
        default_branch: 'master',
        description: 'This your first repo!',
        license: { spdx_id: 'MIT' },
      },
      ...payload,
    },
  })

function inputsOf(peer: PeerCase): Record<string, string> {
  const lines = (list: readonly string[] = []) => list.join('\n')
  return {
    images: lines(peer.images),
    tags: lines(peer.tags ?? ITS_DEFAULT_TAGS),
    flavor: lines(peer.flavor),
    labels: lines(peer.labels?.map(quoted)),
    annotations: lines(peer.annotations?.map(quoted)),
    'sep-tags': peer.sepTags ?? '',
  }
}

const environmentOf = (peer: PeerCase): NodeJS.ProcessEnv => ({
  DOCKER_METADATA_PR_HEAD_SHA: peer.prHeadSha === true ? 'true' : undefined,
  DOCKER_METADATA_SHORT_SHA_LENGTH: peer.shortShaLength,
  DOCKER_METADATA_ANNOTATIONS_LEVELS: peer.annotationLevels,
})

/** The suite gives labels after their list was read. */
const quoted = (label: string): string => `"${label.replaceAll('"', '""')}"`

const standardLabels = (version: string, revision: string): Record<string, string> => ({
  created: '2020-01-10T00:30:00.000Z',
  description: 'This your first repo!',
  licenses: 'MIT',
  revision,
  source: 'https://github.com/octocat/Hello-World',
  title: 'Hello-World',
  url: 'https://github.com/octocat/Hello-World',
  version,
})

const pairs = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels)
    .map(([key, value]): [string, string] => [
      key in standardLabels('', '') ? `org.opencontainers.image.${key}` : key,
      value,
    ])
    .reduce((map, [key, value]) => map.set(key, value), new Map<string, string>())
    .entries()
    .toArray()
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([key, value]) => `${key}=${value}`)

function revisionOf(peer: PeerCase, { sha, payload }: PeerEvent): string {
  const head = (payload as { pull_request?: { head: { sha: string } } }).pull_request?.head.sha
  return peer.prHeadSha === true ? (head ?? sha) : sha
}
