import * as pep440 from '@renovatebot/pep440'
import semver from 'semver'
import { ActionError } from '../error.ts'
import { warn } from '../log.ts'
import { branchOf, isDefaultBranch, type Naming, pullOf, shortSha, tagOf } from './naming.ts'
import type { Rule } from './rules.ts'
import { fillTemplate } from './template.ts'

type Attributes = Rule['attributes']

/** What a rule gives. */
export interface Given {
  /** Before prefix and suffix. */
  tag: string
  /** The rule's own prefix, where neither it nor the flavor has another one. */
  prefix?: string
  /** Whether it is a release, so that `latest` goes with it. */
  isRelease?: boolean
}

/** `undefined` where the rule has nothing to say of this build. */
type Give = (attributes: Attributes, naming: Naming) => Given | undefined

/** What each of docker/metadata-action's types gives. */
export const GIVE: Readonly<Record<Rule['type'], Give>> = {
  schedule: ({ pattern = 'nightly' }, naming) =>
    naming.eventName === 'schedule' ? { tag: fillTemplate(pattern, naming) } : undefined,
  semver: giveSemver,
  pep440: givePep440,
  match: giveMatch,
  edge: ({ branch = '' }, naming) => {
    const isEdge = branch === '' ? isDefaultBranch(naming) : naming.ref === `refs/heads/${branch}`
    return isEdge ? { tag: 'edge' } : undefined
  },
  ref: giveRef,
  raw: ({ value = '' }, naming) => ({ tag: fillTemplate(value, naming) }),
  sha: ({ format }, naming) =>
    whereThere({ tag: format === 'long' ? naming.sha : shortSha(naming), prefix: 'sha-' }),
}

function giveSemver({ pattern = '', match, value }: Attributes, naming: Naming): Given | undefined {
  const raw = partOf(valueOrTag(value, naming), match)
  if (raw === undefined) return undefined
  const version = semver.parse(raw)
  if (version === null) {
    warn(`tags: ${raw} is not a semantic version, so type=semver,pattern=${pattern} gives no tag`)
    return undefined
  }
  const { major, minor, patch, prerelease, build } = version
  const words = { raw, version: version.version, major, minor, patch, prerelease, build }
  return versionTag(pattern, words, { isRelease: prerelease.length === 0, naming })
}

function givePep440({ pattern = '', match, value }: Attributes, naming: Naming): Given | undefined {
  const raw = partOf(valueOrTag(value, naming), match)
  if (raw === undefined) return undefined
  const version = pep440.valid(raw) === null ? null : pep440.explain(raw)
  if (version === null) {
    warn(`tags: ${raw} is not a version of PEP 440, so type=pep440,pattern=${pattern} gives no tag`)
    return undefined
  }
  const { is_prerelease, is_postrelease, is_devrelease } = version
  const words = {
    raw,
    version: pep440.clean(raw),
    major: pep440.major(raw),
    minor: pep440.minor(raw),
    patch: pep440.patch(raw),
  }
  const isRelease = !is_prerelease && !is_postrelease && !is_devrelease
  return versionTag(pattern, words, { isRelease, naming })
}

/** 1.2 must not come to stand for a pre-release of 1.2.3, which gives its whole version whatever the pattern asks for. */
function versionTag(
  pattern: string,
  words: Readonly<Record<string, unknown>>,
  { isRelease, naming }: { isRelease: boolean; naming: Naming },
): Given {
  const isRaw = /^\{{2,3}\s*raw\s*\}{2,3}$/.test(pattern)
  const shown = isRelease || isRaw ? pattern : '{{version}}'
  return { tag: fillTemplate(shown, naming, words), isRelease }
}

function giveMatch(
  { pattern = '', group = '0', value }: Attributes,
  naming: Naming,
): Given | undefined {
  const raw = valueOrTag(value, naming)
  if (raw === undefined) return undefined
  const [, source = pattern, flags = ''] = /^\/(.+)\/([a-z]*)$/.exec(pattern) ?? []
  // with the flag g the groups are the matches themselves
  const tag = raw.match(expressionOf(source, flags))?.[Number(group)]
  if (tag === undefined) {
    warn(`tags: ${raw} does not match ${pattern} (group ${group}), so it gives no tag`)
    return undefined
  }
  return { tag, isRelease: true }
}

/** By the event that it is for: a rule is read with one of these. */
function giveRef({ event }: Attributes, naming: Naming): Given | undefined {
  if (event === 'branch') return whereThere({ tag: branchOf(naming) })
  if (event === 'tag') return whereThere({ tag: tagOf(naming), isRelease: true })
  return whereThere({ tag: pullOf(naming), prefix: 'pr-' })
}

const whereThere = (given: Given): Given | undefined => (given.tag === '' ? undefined : given)

/** What `value` says, else the name of the git tag; neither: the rule gives nothing. */
function valueOrTag(value = '', naming: Naming): string | undefined {
  const text = value === '' ? tagOf(naming) : fillTemplate(value, naming)
  return text === '' ? undefined : text
}

/** The part of a version that `match` is for: its first group, or all that it matches. */
function partOf(text: string | undefined, match = ''): string | undefined {
  if (text === undefined || match === '') return text?.replaceAll('/', '-')
  const found = expressionOf(match, '').exec(text)
  if (found !== null) return found[1] ?? found[0]
  warn(`tags: ${text} does not match ${match}, so the whole of it is taken`)
  return text.replaceAll('/', '-')
}

function expressionOf(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags)
  } catch (cause) {
    throw new ActionError('bad_input', `input tags: "${source}" is not a regular expression`, {
      hint: 'Write type=match,pattern=v(.*),group=1.',
      cause,
    })
  }
}
