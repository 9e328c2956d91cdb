import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import { type Flavor, parseAttributes } from './flavor.ts'
import { isLatest, latestTag } from './latest-tag.ts'
import { type Give, type Given, type Rule, RULE_TYPES } from './tag-rule-types.ts'
import { sanitiseTag } from './tags.ts'
import { fillTemplate } from './template.ts'

/** Attributes that every type takes. */
const COMMON = ['enable', 'priority', 'prefix', 'suffix']

/** Whether a line of `tags` is a rule, and no tag. */
export const isRule = (line: string): boolean => line.startsWith('type=')

/**
 * The tags that rules give, the ones of the highest priority first, and `latest` where the first one or the flavor says
 * so. What does not fit the grammar of tags is mended.
 * @throws ActionError `bad_input` for an unknown type, attribute or expression.
 */
export const tagsOfRules = (
  lines: readonly string[],
  flavor: Flavor,
  run: RunContext,
  now: Date,
): string[] => {
  const rules = lines
    .map(parseRule)
    .filter(({ attributes }) => isEnabled(attributes, run, now))
    .map((rule) => ({ ...rule, priority: priorityOf(rule) }))
    .toSorted((one, other) => other.priority - one.priority)
  const tags: string[] = []
  let first: { rule: Rule; given: Given } | undefined
  for (const rule of rules) {
    const give: Give = RULE_TYPES[rule.type].give
    const given = give(rule.attributes, run, now)
    if (given === undefined) continue
    const { prefix = given.prefix ?? flavor.prefix, suffix = flavor.suffix } = rule.attributes
    const tag = sanitiseTag(
      `${fillTemplate(prefix, run, now)}${given.tag}${fillTemplate(suffix, run, now)}`,
    )
    if (tag === '') continue
    tags.push(tag)
    first ??= { rule, given }
  }
  if (first !== undefined && isLatest(flavor, first.rule, first.given)) {
    tags.push(sanitiseTag(latestTag(flavor)))
  }
  return [...new Set(tags)]
}

function parseRule(line: string): Rule {
  const { type = '', ...attributes } = parseAttributes(line, 'tags')
  if (!Object.hasOwn(RULE_TYPES, type)) {
    const hint =
      type === 'pep440'
        ? 'For Python versions write type=match,pattern=(.*) or give the tags themselves.'
        : `Its type is one of ${Object.keys(RULE_TYPES).join(', ')}.`
    throw new ActionError('bad_input', `input tags: "${line}" has the type "${type}"`, { hint })
  }
  const rule: Rule = { type: type as Rule['type'], attributes }
  const known: readonly string[] = [...RULE_TYPES[rule.type].attributes, ...COMMON]
  const unknown = Object.keys(attributes).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new ActionError('bad_input', `input tags: "${line}" has the attribute "${unknown}"`, {
      hint: `type=${type} takes ${known.join(', ')}.`,
    })
  }
  return rule
}

function isEnabled(
  { enable = 'true' }: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
): boolean {
  const value = fillTemplate(enable, run, now)
  if (value === 'true' || value === 'false') return value === 'true'
  throw new ActionError('bad_input', `input tags: enable=${enable} is not a boolean`, {
    hint: 'Write enable=true, enable=false or an expression: enable={{is_default_branch}}.',
  })
}

function priorityOf({ type, attributes: { priority } }: Rule): number {
  if (priority === undefined) return RULE_TYPES[type].priority
  if (/^\d+$/.test(priority)) return Number(priority)
  throw new ActionError('bad_input', `input tags: priority=${priority} is not a number`, {
    hint: `type=${type} has ${RULE_TYPES[type].priority} unless you write another.`,
  })
}
