import { onDefaultBranch, type RunContext } from './context.ts'
import type { Flavor } from './flavor.ts'
import type { Given, Rule } from './tag-rule-types.ts'

/** Whether a build whose tags nobody chose is the latest. */
export const isLatestByDefault = (run: RunContext): boolean => onDefaultBranch(run)

/**
 * Whether a build whose tags come from rules is the latest, as docker/metadata-action decides it: as the flavor says, and
 * when that is `auto`, as the first rule that gives a tag does.
 */
export const isLatest = ({ latest }: Flavor, rule: Rule, given: Given): boolean =>
  latest === 'auto' ? isRelease(rule, given) : latest

/** A version that is no pre-release, a match, or a git tag. */
function isRelease({ type, attributes }: Rule, { isPrerelease = false }: Given): boolean {
  switch (type) {
    case 'semver':
      return !isPrerelease
    case 'match':
      return true
    case 'ref':
      return attributes['event'] === 'tag'
    case 'schedule':
    case 'edge':
    case 'raw':
    case 'sha':
      return false
  }
}

/** `latest`, with the flavor's prefix and suffix where they are for it too. */
export const latestTag = ({ prefix, suffix, prefixLatest, suffixLatest }: Flavor): string =>
  `${prefixLatest ? prefix : ''}latest${suffixLatest ? suffix : ''}`
