import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import { warn } from './log.ts'
import { fillTemplate } from './template.ts'

type Attributes = Readonly<Record<string, string>>

/** One line of `tags` that begins with `type=`, as docker/metadata-action's. */
export interface Rule {
  type: keyof typeof RULE_TYPES
  attributes: Attributes
}

/** What a rule gives. */
export interface Given {
  /** Before prefix and suffix. */
  tag: string
  /** The rule's own prefix, where neither it nor the flavor has another one. */
  prefix?: string
  /** Of a semantic version. */
  isPrerelease?: boolean
}

/** docker/metadata-action's rule types: their own attributes, their priority, and what they give. */
export const RULE_TYPES = {
  schedule: { attributes: ['pattern'], priority: 1000, give: giveSchedule },
  semver: { attributes: ['pattern', 'value'], priority: 900, give: giveSemver },
  match: { attributes: ['pattern', 'group', 'value'], priority: 800, give: giveMatch },
  edge: { attributes: ['branch'], priority: 700, give: giveEdge },
  ref: { attributes: ['event'], priority: 600, give: giveRef },
  raw: { attributes: ['value'], priority: 200, give: giveRaw },
  sha: { attributes: ['format'], priority: 100, give: giveSha },
} as const satisfies Record<string, { attributes: readonly string[]; priority: number; give: Give }>

/** `undefined` where the rule has nothing to say of this run. */
export type Give = (attributes: Attributes, run: RunContext, now: Date) => Given | undefined

function giveSchedule(
  { pattern = 'nightly' }: Attributes,
  run: RunContext,
  now: Date,
): Given | undefined {
  if (run.eventName !== 'schedule') return undefined
  return { tag: fillTemplate(pattern, run, now) }
}

/** semver.org, with the `v` that git tags mostly have. */
const SEMVER =
  /^v?(?<major>0|[1-9]\d*)\.(?<minor>0|[1-9]\d*)\.(?<patch>0|[1-9]\d*)(?:-(?<prerelease>[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*))?(?:\+[\dA-Za-z.-]+)?$/

function giveSemver({ pattern, value }: Attributes, run: RunContext, now: Date): Given | undefined {
  if (pattern === undefined || pattern === '') {
    throw new ActionError('bad_input', 'input tags: type=semver has no pattern', {
      hint: 'Write type=semver,pattern={{version}} or pattern={{major}}.{{minor}}.',
    })
  }
  const raw = valueOrGitTag(value, run, now)
  if (raw === undefined) return undefined
  const { major = '', minor = '', patch = '', prerelease } = SEMVER.exec(raw)?.groups ?? {}
  if (major === '') {
    warn(`tags: ${raw} is not a semantic version, so type=semver,pattern=${pattern} gives no tag`)
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
  return { tag: fillTemplate(shown, run, now, words), isPrerelease: prerelease !== undefined }
}

function giveMatch(
  { pattern = '', group = '0', value }: Attributes,
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
    throw new ActionError('bad_input', `input tags: "${pattern}" is not a regular expression`, {
      hint: 'Write type=match,pattern=v(.*),group=1.',
      cause,
    })
  }
  const tag = found?.[Number(group)]
  if (tag === undefined) {
    warn(`tags: ${raw} does not match ${pattern} (group ${group}), so it gives no tag`)
    return undefined
  }
  return { tag }
}

function giveEdge({ branch }: Attributes, run: RunContext): Given | undefined {
  const name = branch === undefined || branch === '' ? run.defaultBranch : branch
  return run.pullRequest === undefined && run.ref === `refs/heads/${name}`
    ? { tag: 'edge' }
    : undefined
}

function giveRef({ event = '' }: Attributes, run: RunContext): Given | undefined {
  switch (event) {
    case 'branch':
      return run.pullRequest === undefined && run.ref.startsWith('refs/heads/')
        ? { tag: run.ref.slice('refs/heads/'.length) }
        : undefined
    case 'tag':
      return run.ref.startsWith('refs/tags/')
        ? { tag: run.ref.slice('refs/tags/'.length) }
        : undefined
    case 'pr': {
      const number = run.pullRequest ?? /^refs\/pull\/(\d+)\//.exec(run.ref)?.[1]
      return number === undefined ? undefined : { tag: String(number), prefix: 'pr-' }
    }
    default:
      throw new ActionError('bad_input', `input tags: type=ref has the event "${event}"`, {
        hint: 'Write type=ref,event=branch, event=tag or event=pr.',
      })
  }
}

function giveRaw({ value = '' }: Attributes, run: RunContext, now: Date): Given {
  return { tag: fillTemplate(value, run, now) }
}

function giveSha({ format = 'short' }: Attributes, run: RunContext): Given | undefined {
  if (run.sha === '') return undefined
  return { tag: format === 'long' ? run.sha : run.sha.slice(0, 7), prefix: 'sha-' }
}

/** What `value` says, else the name of the git tag; neither: the rule gives nothing. */
function valueOrGitTag(value: string | undefined, run: RunContext, now: Date): string | undefined {
  if (value !== undefined && value !== '') return fillTemplate(value, run, now)
  return run.ref.startsWith('refs/tags/')
    ? run.ref.slice('refs/tags/'.length).replaceAll('/', '-')
    : undefined
}
