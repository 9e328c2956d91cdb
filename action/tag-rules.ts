import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import { type Flavor, parseAttributes } from './flavor.ts'
import { warn } from './log.ts'
import { sanitiseTag } from './tags.ts'
import { fillTemplate } from './template.ts'

/** One line of `tags` that begins with `type=`, as docker/metadata-action's. */
interface Rule {
  type: keyof typeof RULES
  attributes: Readonly<Record<string, string>>
}

/** What a rule gives: a tag before prefix and suffix, and whether `latest=auto` makes it the latest. */
interface Given {
  tag: string
  isLatest: boolean
  prefix?: string
}

/** Attributes that every type takes. */
const COMMON = ['enable', 'priority', 'prefix', 'suffix']

/** docker/metadata-action's rule types: their own attributes, their priority, and what they give. */
const RULES = {
  schedule: { attributes: ['pattern'], priority: 1000, give: giveSchedule },
  semver: { attributes: ['pattern', 'value'], priority: 900, give: giveSemver },
  match: { attributes: ['pattern', 'group', 'value'], priority: 800, give: giveMatch },
  edge: { attributes: ['branch'], priority: 700, give: giveEdge },
  ref: { attributes: ['event'], priority: 600, give: giveRef },
  raw: { attributes: ['value'], priority: 200, give: giveRaw },
  sha: { attributes: ['format'], priority: 100, give: giveSha },
} as const

type Give = (
  attributes: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
) => Given | undefined

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
  let latest: boolean | undefined
  for (const { type, attributes } of rules) {
    const give: Give = RULES[type].give
    const given = give(attributes, run, now)
    if (given === undefined) continue
    const { prefix = given.prefix ?? flavor.prefix, suffix = flavor.suffix } = attributes
    const tag = sanitiseTag(
      `${fillTemplate(prefix, run, now)}${given.tag}${fillTemplate(suffix, run, now)}`,
    )
    if (tag === '') continue
    tags.push(tag)
    latest ??= flavor.latest === 'auto' ? given.isLatest : flavor.latest
  }
  if (latest === true) {
    const [prefix, suffix] = [flavor.prefixLatest, flavor.suffixLatest]
    tags.push(sanitiseTag(`${prefix ? flavor.prefix : ''}latest${suffix ? flavor.suffix : ''}`))
  }
  return [...new Set(tags)]
}

function parseRule(line: string): Rule {
  const { type = '', ...attributes } = parseAttributes(line, 'tags')
  if (!Object.hasOwn(RULES, type)) {
    const hint =
      type === 'pep440'
        ? 'For Python versions write type=match,pattern=(.*) or give the tags themselves.'
        : `Its type is one of ${Object.keys(RULES).join(', ')}.`
    throw new ActionError('bad_input', `input tags: "${line}" has the type "${type}"`, { hint })
  }
  const rule: Rule = { type: type as Rule['type'], attributes }
  const known: readonly string[] = [...RULES[rule.type].attributes, ...COMMON]
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
  throw new ActionError('bad_input', `input tags: enable=${enable} is no boolean`, {
    hint: 'Write enable=true, enable=false or an expression: enable={{is_default_branch}}.',
  })
}

function priorityOf({ type, attributes: { priority } }: Rule): number {
  if (priority === undefined) return RULES[type].priority
  if (/^\d+$/.test(priority)) return Number(priority)
  throw new ActionError('bad_input', `input tags: priority=${priority} is no number`, {
    hint: `type=${type} has ${RULES[type].priority} unless you write another.`,
  })
}

function giveSchedule(
  { pattern = 'nightly' }: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
): Given | undefined {
  if (run.eventName !== 'schedule') return undefined
  return { tag: fillTemplate(pattern, run, now), isLatest: false }
}

/** semver.org, with the `v` that git tags mostly have. */
const SEMVER =
  /^v?(?<major>0|[1-9]\d*)\.(?<minor>0|[1-9]\d*)\.(?<patch>0|[1-9]\d*)(?:-(?<prerelease>[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z.-]+)?$/

function giveSemver(
  { pattern, value }: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
): Given | undefined {
  if (pattern === undefined || pattern === '') {
    throw new ActionError('bad_input', 'input tags: type=semver has no pattern', {
      hint: 'Write type=semver,pattern={{version}} or pattern={{major}}.{{minor}}.',
    })
  }
  const raw = valueOrGitTag(value, run, now)
  if (raw === undefined) return undefined
  const { major = '', minor = '', patch = '', prerelease } = SEMVER.exec(raw)?.groups ?? {}
  if (major === '') {
    warn(`tags: ${raw} is no semantic version, so type=semver,pattern=${pattern} gives no tag`)
    return undefined
  }
  const numbers = `${major}.${minor}.${patch}`
  const words = {
    raw,
    version: prerelease === undefined ? numbers : `${numbers}-${prerelease}`,
    major,
    minor,
    patch,
  }
  // 1.2 must not come to stand for a pre-release of 1.2.3
  const shown = prerelease === undefined || pattern === '{{raw}}' ? pattern : '{{version}}'
  return { tag: fillTemplate(shown, run, now, words), isLatest: prerelease === undefined }
}

function giveMatch(
  { pattern = '', group = '0', value }: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
): Given | undefined {
  const raw = valueOrGitTag(value, run, now)
  if (raw === undefined) return undefined
  const [, source = pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/.exec(pattern) ?? []
  let found
  try {
    found = new RegExp(source, flags.replace('g', '')).exec(raw)
  } catch (cause) {
    throw new ActionError('bad_input', `input tags: "${pattern}" is no regular expression`, {
      hint: 'Write type=match,pattern=v(.*),group=1.',
      cause,
    })
  }
  const tag = found?.[Number(group)]
  if (tag === undefined) {
    warn(`tags: ${raw} does not match ${pattern} (group ${group}), so it gives no tag`)
    return undefined
  }
  return { tag, isLatest: true }
}

function giveEdge(
  { branch }: Readonly<Record<string, string>>,
  run: RunContext,
): Given | undefined {
  const name = branch === undefined || branch === '' ? run.defaultBranch : branch
  return run.pullRequest === undefined && run.ref === `refs/heads/${name}`
    ? { tag: 'edge', isLatest: false }
    : undefined
}

function giveRef(
  { event = '' }: Readonly<Record<string, string>>,
  run: RunContext,
): Given | undefined {
  switch (event) {
    case 'branch':
      return run.pullRequest === undefined && run.ref.startsWith('refs/heads/')
        ? { tag: run.ref.slice('refs/heads/'.length), isLatest: false }
        : undefined
    case 'tag':
      return run.ref.startsWith('refs/tags/')
        ? { tag: run.ref.slice('refs/tags/'.length), isLatest: true }
        : undefined
    case 'pr': {
      const number = run.pullRequest ?? /^refs\/pull\/(\d+)\//.exec(run.ref)?.[1]
      return number === undefined
        ? undefined
        : { tag: String(number), isLatest: false, prefix: 'pr-' }
    }
    default:
      throw new ActionError('bad_input', `input tags: type=ref has the event "${event}"`, {
        hint: 'Write type=ref,event=branch, event=tag or event=pr.',
      })
  }
}

function giveRaw(
  { value = '' }: Readonly<Record<string, string>>,
  run: RunContext,
  now: Date,
): Given {
  return { tag: fillTemplate(value, run, now), isLatest: false }
}

function giveSha(
  { format = 'short' }: Readonly<Record<string, string>>,
  run: RunContext,
): Given | undefined {
  if (run.sha === '') return undefined
  return { tag: format === 'long' ? run.sha : run.sha.slice(0, 7), isLatest: false, prefix: 'sha-' }
}

/** What `value` says, else the name of the git tag; neither: the rule gives nothing. */
function valueOrGitTag(value: string | undefined, run: RunContext, now: Date): string | undefined {
  if (value !== undefined && value !== '') return fillTemplate(value, run, now)
  return run.ref.startsWith('refs/tags/')
    ? run.ref.slice('refs/tags/'.length).replaceAll('/', '-')
    : undefined
}
