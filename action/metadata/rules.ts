import { ActionError } from '../error.ts'
import { warn } from '../log.ts'

type Attributes = Readonly<Record<string, string>>

/** One line of `tags`, as docker/metadata-action has it. */
export interface Rule {
  type: keyof typeof RULE_TYPES
  /** Those of {@link priority} and the type apart, as they were written. */
  attributes: Attributes
  /** The highest comes first. */
  priority: number
}

/** docker/metadata-action's types: their own attributes, the one that has to be there, and their priority. */
export const RULE_TYPES = {
  schedule: { attributes: ['pattern'], needs: undefined, priority: 1000 },
  semver: { attributes: ['pattern', 'value', 'match'], needs: 'pattern', priority: 900 },
  pep440: { attributes: ['pattern', 'value', 'match'], needs: 'pattern', priority: 900 },
  match: { attributes: ['pattern', 'group', 'value'], needs: 'pattern', priority: 800 },
  edge: { attributes: ['branch'], needs: undefined, priority: 700 },
  ref: { attributes: ['event'], needs: 'event', priority: 600 },
  raw: { attributes: ['value'], needs: 'value', priority: 200 },
  sha: { attributes: ['format'], needs: undefined, priority: 100 },
} as const

/** Attributes that every type takes. */
const COMMON = ['enable', 'priority', 'prefix', 'suffix']

/** What some attributes have to be. */
const VALUES: Readonly<Record<string, { is: RegExp; hint: string }>> = {
  event: { is: /^(?:branch|tag|pr)$/, hint: 'Write event=branch, event=tag or event=pr.' },
  format: { is: /^(?:short|long)$/, hint: 'Write format=short or format=long.' },
  group: { is: /^\d+$/, hint: 'Write the number of a group of the pattern: group=1.' },
  priority: { is: /^-?\d+(?:\.\d+)?$/, hint: 'Write a number: priority=900.' },
}

/**
 * Reads a rule: `type=…` and its attributes in any order; what has no name is the value, and without a type it is a `raw` one.
 * @param fields of its line
 * @throws ActionError `bad_input` for what is not known or missing.
 */
export const parseRule = (fields: readonly string[]): Rule => {
  const line = fields.join(',')
  const { type = 'raw', priority, ...attributes } = parseAttributes(fields, 'value')
  if (!isType(type)) {
    throw new ActionError('bad_input', `input tags: "${line}" has the type "${type}"`, {
      hint: `Its type is one of ${Object.keys(RULE_TYPES).join(', ')}.`,
    })
  }
  const { needs, attributes: own, priority: usual } = RULE_TYPES[type]
  warnOfUnknown(line, attributes, [...own, ...COMMON])
  if (needs !== undefined && (attributes[needs] ?? '') === '' && !isEmptyValue(needs, attributes)) {
    throw new ActionError('bad_input', `input tags: "${line}" has no ${needs}`, {
      hint: `type=${type} needs ${needs}=….`,
    })
  }
  checkValues(line, { ...attributes, ...(priority !== undefined && { priority }) })
  return { type, attributes, priority: Number(priority ?? usual) }
}

/** `name=value` fields; names in lower case. A field without a name has that of `unnamed`. */
export function parseAttributes(
  fields: readonly string[],
  unnamed: string,
): Record<string, string> {
  const pairs = fields.map((field): [string, string] => {
    const at = field.indexOf('=')
    return at < 1
      ? [unnamed, field.trim()]
      : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim()]
  })
  return Object.fromEntries(pairs)
}

const isType = (type: string): type is Rule['type'] => Object.hasOwn(RULE_TYPES, type)

/** `type=raw,value=` is what an expression of the workflow that gives nothing leaves: no tag, and no fault. */
const isEmptyValue = (needs: string, attributes: Attributes): boolean =>
  needs === 'value' && attributes['value'] !== undefined

/** docker/metadata-action takes them without a word, and workflows have some that never did anything. */
function warnOfUnknown(line: string, attributes: Attributes, known: readonly string[]): void {
  for (const name of Object.keys(attributes)) {
    if (known.includes(name)) continue
    warn(
      `tags: "${line}" has the attribute "${name}", which does nothing; it takes ${known.join(', ')}`,
    )
  }
}

function checkValues(line: string, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const rule = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined
    if (rule === undefined || rule.is.test(value)) continue
    throw new ActionError('bad_input', `input tags: "${line}" has ${name}=${value}`, {
      hint: rule.hint,
    })
  }
}
