import { readInputs } from '../../../action/inputs.ts'
import { parseLines } from '../../../action/lists.ts'
import { parseFlavor } from '../../../action/metadata/flavor.ts'
import { parseImages } from '../../../action/metadata/images.ts'
import { readTags } from '../../../action/metadata/read-tags.ts'
import type { Rule } from '../../../action/metadata/rules.ts'
import { contextOf } from '../context-of.ts'
import { readVectors } from './peer-cases.ts'

interface Reading {
  name: string
  ours: unknown
  theirs: unknown
}

/** What docker/metadata-action's suite has of how inputs are read, and how we read them. */
export const readReadings = (): Reading[] => {
  const { rules, order, flavors, images, inputs } = readVectors('reading') as Vectors
  return [
    ...rules.map(({ line, ...theirs }) => ({
      name: `rule ${line}`,
      ours: orRefused(() => ruleIn(line)),
      theirs: theirs.refused === true ? 'refused' : theirs,
    })),
    ...order.map(({ lines, order: theirs }) => ({
      name: `order ${lines.join(' ')}`,
      ours: rulesIn(lines)
        .toSorted((one, other) => other.priority - one.priority)
        .map(({ type, attributes: { event } }) =>
          event === undefined ? type : `${type}:${event}`,
        ),
      theirs,
    })),
    ...flavors.map(({ lines, flavor }) => ({
      name: `flavor ${lines.join(' ')}`,
      ours: orRefused(() => {
        const { latest, ...read } = parseFlavor(parseLines(lines.join('\n'), 'flavor'))
        return { latest: String(latest), ...read }
      }),
      theirs: flavor ?? 'refused',
    })),
    ...images.map(({ lines, images: theirs }) => ({
      name: `image ${lines.join(' ')}`,
      ours: orRefused(() => parseImages(parseLines(lines.join('\n'), 'images'))),
      theirs:
        theirs?.filter(({ enable }) => enable).map(({ name }) => name.toLowerCase()) ?? 'refused',
    })),
    ...inputs.map(({ given, expect }) => ({
      name: `inputs ${JSON.stringify(given)}`,
      ours: inputsOf(given),
      theirs: {
        tagContext: expect.context,
        images: expect.images,
        labels: expect.labels,
        annotations: expect.annotations,
        flavor: parseFlavor(parseLines(expect.flavor.join('\n'), 'flavor')),
        tagRules: rulesIn(expect.tags),
        separators: {
          tags: expect.sepTags,
          labels: expect.sepLabels,
          annotations: expect.sepAnnotations,
        },
      },
    })),
  ]
}

interface Vectors {
  rules: { line: string; refused?: boolean }[]
  order: { lines: string[]; order: string[] }[]
  flavors: { lines: string[]; flavor?: object }[]
  images: { lines: string[]; images?: { name: string; enable: boolean }[] }[]
  inputs: { given: Record<string, string>; expect: PeerInputs }[]
}

interface PeerInputs {
  context: string
  images: string[]
  tags: string[]
  flavor: string[]
  labels: string[]
  annotations: string[]
  sepTags: string
  sepLabels: string
  sepAnnotations: string
}

/** What it fills in where we leave it to who reads. */
const ITS_DEFAULTS: Readonly<Record<Rule['type'], object>> = {
  schedule: { pattern: 'nightly' },
  semver: { value: '', match: '' },
  pep440: { value: '', match: '' },
  match: { group: '0', value: '' },
  edge: { branch: '' },
  ref: {},
  raw: {},
  sha: { prefix: 'sha-', format: 'short' },
}

const rulesIn = (lines: readonly string[]): Rule[] =>
  readTags(parseLines(lines.join('\n'), 'tags')).tagRules

function ruleIn(line: string): unknown {
  const [{ type, priority, attributes } = { type: 'raw', priority: 0, attributes: {} }] = rulesIn([
    line,
  ])
  const { event } = attributes as { event?: string }
  const defaults = {
    ...ITS_DEFAULTS[type as Rule['type']],
    ...(event === 'pr' && { prefix: 'pr-' }),
  }
  return { type, priority, attributes: { enable: 'true', ...defaults, ...attributes } }
}

function inputsOf(given: Readonly<Record<string, string>>): unknown {
  const { tagContext, images, labels, annotations, flavor, tagRules, separators } = readInputs(
    contextOf(),
    (name) => given[name] ?? '',
  )
  return { tagContext, images, labels, annotations, flavor, tagRules, separators }
}

function orRefused(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return 'refused'
  }
}
