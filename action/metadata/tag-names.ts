import { ActionError } from '../error.ts'
import type { Flavor } from './flavor.ts'
import { GIVE, type Given } from './give.ts'
import { branchOf, isDefaultBranch, type Naming, tagOf } from './naming.ts'
import { parseRule, type Rule } from './rules.ts'
import { fillTemplate } from './template.ts'

/** The most characters that a tag has (distribution's grammar). */
const MAX_TAG_CHARACTERS = 128

/**
 * The tags that rules give, the one of the highest priority first, and `latest` where that one or the flavor says so.
 * What does not fit the grammar of tags is mended.
 * @throws ActionError `bad_input` for an expression that is not known.
 */
export const tagNames = (rules: readonly Rule[], flavor: Flavor, naming: Naming): string[] => {
  const enabled = rules
    .filter((rule) => isEnabled(rule, naming))
    .toSorted((one, other) => other.priority - one.priority)
  const given = enabled.flatMap((rule) => tagOfRule(rule, flavor, naming) ?? [])
  const isLatest = flavor.latest === 'auto' ? given[0]?.isRelease === true : flavor.latest
  const names = given.map(({ tag }) => tag)
  return unique(isLatest && names.length > 0 ? [...names, latestTag(flavor, naming)] : names)
}

/**
 * The tags of a build that names none: the git tag, `sha-…` of the commit, the branch or `pr-N`, and `latest` on the default
 * branch. The first one says best what was built.
 */
export const defaultTagNames = (flavor: Flavor, naming: Naming): string[] => {
  const rules = ['type=ref,event=tag', 'type=sha', 'type=ref,event=branch', 'type=ref,event=pr']
    // the commit of the run would name what was not built
    .filter((rule) => rule !== 'type=sha' || naming.isOwn || naming.ref === '')
    .map((rule) => ({ ...parseRule(rule.split(',')), priority: 0 }))
  const names = tagNames(rules, { ...flavor, latest: false }, naming)
  const isLatest = flavor.latest === 'auto' ? isDefaultBranch(naming) : flavor.latest
  const named = isLatest ? [...names, latestTag(flavor, naming)] : names
  // outside of GitHub
  return unique(named.length === 0 && naming.isOwn ? ['latest'] : named)
}

function isEnabled({ attributes: { enable = 'true' } }: Rule, naming: Naming): boolean {
  const value = fillTemplate(enable, naming)
  if (value === 'true' || value === 'false') return value === 'true'
  throw new ActionError('bad_input', `input tags: enable=${enable} is not a boolean`, {
    hint: 'Write enable=true, enable=false or an expression: enable={{is_default_branch}}.',
  })
}

/**
 * One tag. Where it is too long the names in it are cut, the branch's or the git tag's: what stands beside them, as a commit, tells
 * this build's tag from another's. Only when that is not enough, the rest between prefix and suffix is.
 */
function tagOfRule(
  rule: Rule,
  flavor: Flavor,
  naming: Naming,
): (Given & { tag: string }) | undefined {
  let parts = partsOfTag(rule, flavor, naming)
  if (parts === undefined) return undefined
  const longest = Math.max(branchOf(naming).length, tagOf(naming).length)
  for (let length = longest; length > 1 && excess(parts) > 0;) {
    length = Math.max(1, length - excess(parts))
    parts = partsOfTag(rule, flavor, { ...naming, maxNameCharacters: length }) ?? parts
  }
  const { prefix, middle, suffix, given } = parts
  const whole = `${prefix}${middle.slice(0, Math.max(1, middle.length - excess(parts)))}${suffix}`
  const tag = mendTag(whole)
  return tag === '' ? undefined : { ...given, tag }
}

interface Parts {
  prefix: string
  middle: string
  suffix: string
  given: Given
}

function partsOfTag(rule: Rule, flavor: Flavor, naming: Naming): Parts | undefined {
  const given = GIVE[rule.type](rule.attributes, naming)
  if (given === undefined) return undefined
  const { prefix = given.prefix ?? flavor.prefix, suffix = flavor.suffix } = rule.attributes
  return {
    prefix: replaceForeign(fillTemplate(prefix, naming)),
    middle: replaceForeign(given.tag),
    suffix: replaceForeign(fillTemplate(suffix, naming)),
    given,
  }
}

const excess = ({ prefix, middle, suffix }: Parts): number =>
  prefix.length + middle.length + suffix.length - MAX_TAG_CHARACTERS

const latestTag = (flavor: Flavor, naming: Naming): string => {
  const prefix = flavor.prefixLatest ? flavor.prefix : ''
  const suffix = flavor.suffixLatest ? flavor.suffix : ''
  return mendTag(fillTemplate(`${prefix}latest${suffix}`, naming))
}

/** A name in the grammar of tags: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}`; `''` when nothing of it fits. */
export const mendTag = (name: string): string =>
  replaceForeign(name)
    .replace(/^[.-]+/, '')
    .slice(0, MAX_TAG_CHARACTERS)

const replaceForeign = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-')

const unique = (names: readonly string[]): string[] => [...new Set(names)]
