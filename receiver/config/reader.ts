import { isDeepStrictEqual } from 'node:util'
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { type Aliases, aliasesIn } from './aliases.ts'
import { interpolate, InterpolationError } from './interpolate.ts'
import { didYouMean, nearestFew } from './nearest.ts'
import { ConfigError, type ConfigProblem, type Remarks } from './problems.ts'
import { yamlProblems } from './yaml-problems.ts'

/** A value of the config with its place. */
export interface Field {
  path: string
  node: Node | null
  offset: number
}

/** What the readers of single values need: problems are collected, so that one run shows all of them. */
export interface Reader {
  file: string
  env: Readonly<Record<string, string | undefined>>
  root: Field
  problem(field: Field, message: string, hint?: string): void
  /** Something that is right and unwise: said, and in the way of nothing. */
  warning(field: Field, message: string, hint?: string): void
  /** Something that is good to know, and needs nothing done. */
  notice(field: Field, message: string): void
  /** The entries of a mapping; when `known` is given, unknown keys are problems, and Compose's `x-…` are passed over. */
  mapping(field: Field | undefined, known?: readonly string[]): ReadonlyMap<string, Field>
  /** The items of a list; a single value is a list of one. */
  list(field: Field | undefined): Field[]
  /** Whether it is not there, or there without a value (`key:` or `key: ~`). */
  isNothing(field: Field | undefined): boolean
  isMapping(field: Field): boolean
  isList(field: Field): boolean
  /** A scalar as text, its variables filled in. */
  text(field: Field | undefined): string | undefined
  /** Whether a variable filled some of its text in, once that was read. */
  isFilled(field: Field): boolean
  /** What was filled in so far in this field and all that it holds. */
  variablesIn(field: Field): ReadonlyMap<string, string>
  /** Notes that a secret was read there: it stands in the file itself, unless a variable filled it in. */
  noteSecret(field: Field): void
  /** Where a secret stands in the file itself: the first place. */
  firstSecret(): Field | undefined
  /** Notes a file beside the config that is part of it. */
  noteFile(path: string): void
  /** Throws all problems, if there are any. */
  finish(): Remarks
}

/** Reads YAML 1.2 with places. Throws `ConfigError` when it is no YAML at all. */
export function createReader(
  file: string,
  source: string,
  env: Readonly<Record<string, string | undefined>>,
): Reader {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, merge: true })
  const aliases = aliasesIn(document)
  const problems: ConfigProblem[] = []
  const filled = new Set<Node | null>()
  const variables: { path: string; name: string; value: string }[] = []
  const warnings: ConfigProblem[] = []
  const notices: ConfigProblem[] = []
  const secrets: Field[] = []
  const files = new Set<string>()
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  problems.push(...yamlProblems(document, source, lines))
  if (problems.length > 0) throw new ConfigError(file, problems)

  const adder =
    (list: ConfigProblem[]): Reader['problem'] =>
    ({ path, offset }, message, hint) => {
      const each = { ...place(offset), path, message, ...(hint === undefined ? {} : { hint }) }
      // a value that is read twice is wrong once
      if (!list.some((known) => isDeepStrictEqual(known, each))) list.push(each)
    }
  const problem = adder(problems)
  const fieldOf = (path: string, node: unknown, fallback: number): Field => {
    const resolved = resolve(node, aliases)
    const field = { path, node: resolved, offset: rangeOf(node) ?? rangeOf(resolved) ?? fallback }
    if (isAlias(node) && resolved === null) {
      problem(field, 'no anchor stands before this alias', 'quote a text that begins with *')
    }
    return field
  }

  return {
    file,
    env,
    root: fieldOf('', document.contents, 0),
    problem,
    warning: adder(warnings),
    notice: adder(notices),
    isNothing: (field) => field === undefined || isNothing(field.node),
    isMapping: ({ node }) => isMap(node),
    isList: ({ node }) => isSeq(node),

    mapping(field, known) {
      const fields = new Map<string, Field>()
      if (field === undefined || isNothing(field.node)) return fields
      if (!isMap(field.node)) {
        problem(
          field,
          `this must be a mapping, not ${kindOf(field.node)}`,
          `write it as ${known?.[0] ?? 'name'}: …, with a blank behind the colon`,
        )
        return fields
      }
      const wrongMerge = (offset: number) =>
        problem({ ...field, offset }, '<< merges a mapping, or a list of mappings, alone')
      for (const { key, value, offset } of pairs(field.node, aliases, wrongMerge)) {
        const path = field.path === '' ? key : `${field.path}.${key}`
        if (known !== undefined && !known.includes(key)) {
          if (EXTENSION.test(key)) continue
          const message = `unknown key ${JSON.stringify(key)}`
          problem({ path, node: null, offset }, message, hintFor(key, known))
        } else if (!fields.has(key)) {
          fields.set(key, { ...fieldOf(path, value, offset), offset: rangeOf(value) ?? offset })
        }
      }
      return fields
    },

    list(field) {
      if (field === undefined || isNothing(field.node)) return []
      if (!isSeq(field.node)) return [field]
      return field.node.items.map((item, index) =>
        fieldOf(`${field.path}[${index}]`, item, field.offset),
      )
    },

    text(field) {
      if (field === undefined || isNothing(field.node)) return undefined
      if (!isScalar(field.node)) {
        problem(
          field,
          `this must be a single value, not ${kindOf(field.node)}`,
          isSeq(field.node)
            ? 'write one, without [ ] and -'
            : 'a text with { or ": " in it goes into quotes',
        )
        return undefined
      }
      const noting = new Proxy(env, {
        get(target, name: string) {
          const found = target[name]
          if (found !== undefined && found !== '') {
            filled.add(field.node)
            variables.push({ path: field.path, name, value: found })
          }
          return found
        },
      })
      try {
        return interpolate(textOf(field.node), noting)
      } catch (error) {
        if (!(error instanceof InterpolationError)) throw error
        problem(field, error.message)
        return undefined
      }
    },

    isFilled: ({ node }) => filled.has(node),
    variablesIn({ path }) {
      const isWithin = (each: string) =>
        each.startsWith(path) && /^(?:[.[]|$)/.test(each.slice(path.length))
      return new Map(
        variables.flatMap(({ path: at, name, value }) => (isWithin(at) ? [[name, value]] : [])),
      )
    },
    noteSecret(field) {
      if (!filled.has(field.node)) secrets.push(field)
    },
    firstSecret: () => secrets.toSorted((a, b) => a.offset - b.offset)[0],

    noteFile: (path) => void files.add(path),

    finish() {
      if (problems.length > 0) throw new ConfigError(file, byPlace(problems))
      return { warnings: byPlace(warnings), notices: byPlace(notices), files: [...files] }
    },
  }
}

/** Compose leaves keys like these to whoever writes the file: mostly they hold anchors. */
const EXTENSION = /^x-/
/** More than these do not help. */
const LISTED_KEYS = 8

function hintFor(key: string, known: readonly string[]): string {
  const all = `known are: ${known.join(', ')}`
  const few = () => `the nearest are ${nearestFew(key, known).join(', ')}; docs/config.md has all`
  return didYouMean(key, known, known.length <= LISTED_KEYS ? all : few())
}

const kindOf = (node: Node | null) =>
  isMap(node) ? 'a mapping' : isSeq(node) ? 'a list' : 'a single value'

const byPlace = (problems: readonly ConfigProblem[]) =>
  problems.toSorted((a, b) => a.line - b.line || a.column - b.column)

/** As it is written: `0123` stays `0123`. */
const textOf = ({ value, source }: Scalar) =>
  typeof value === 'string' ? value : (source ?? String(value))

interface Pair {
  key: string
  value: unknown
  offset: number
}

/** A mapping's own entries first, then those that `<<` merges in. `around` are the mappings that merge this one. */
function pairs(
  map: YAMLMap,
  aliases: Aliases,
  wrongMerge: (offset: number) => void,
  around: readonly YAMLMap[] = [],
): Pair[] {
  const own: Pair[] = []
  const merged: Pair[] = []
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? (key.source ?? '') : ''
    if (!isScalar(key) || name !== '<<' || key.type !== 'PLAIN') {
      own.push({ key: name, value, offset: rangeOf(key) ?? 0 })
      continue
    }
    const target = resolve(value, aliases)
    for (const each of isSeq(target) ? target.items : [target]) {
      const other = resolve(each, aliases)
      // an alias within its own anchor would merge without end
      if (isMap(other) && other !== map && !around.includes(other)) {
        merged.push(...pairs(other, aliases, wrongMerge, [...around, map]))
      } else wrongMerge(rangeOf(isSeq(target) ? each : value) ?? rangeOf(key) ?? 0)
    }
  }
  return [...own, ...merged]
}

function resolve(node: unknown, aliases: Aliases): Node | null {
  if (isAlias(node)) return aliases.get(node) ?? null
  return (node ?? null) as Node | null
}

const rangeOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0]

/** A key without a value, or `~`. */
const isNothing = (node: Node | null): boolean =>
  node === null || (isScalar(node) && node.value === null)
