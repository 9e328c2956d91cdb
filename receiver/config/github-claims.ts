import { nearest } from './nearest.ts'

/** Why no token of GitHub can have what a config demands, and what to write instead. */
export interface Misfit {
  message: string
  hint: string
}

/** How to find what a config asks for; nobody knows the number of a repository by heart. */
export const REPOSITORY_ID_HINT = 'gh api repos/OWNER/NAME --jq .id prints it'

/**
 * What is wrong with an allowed value of a claim of GitHub's tokens: as it stands it fits none, and every deployment would be
 * refused for it. `undefined` when it may fit one.
 * @param pattern with `*` for a part of a path segment, `**` for anything
 */
export function misfitOf(name: string, pattern: string): Misfit | undefined {
  const form = FORMS.get(name)
  if (form === undefined || /^\*+$/.test(pattern) || form.fits(pattern)) return undefined
  return {
    message: `${JSON.stringify(pattern)} is not ${form.what}: no token of GitHub has that`,
    hint: form.hint(pattern),
  }
}

/** What is wrong with the name of a claim that GitHub's tokens are not known to have, or `undefined`. GitHub may add some. */
export function unknownClaim(name: string): Misfit | undefined {
  if (KNOWN.has(name) || name.startsWith('repo_property_')) return undefined
  const near = MEANT.get(name) ?? nearest(name, [...KNOWN])
  return {
    message: `GitHub's tokens are not known to have a claim ${JSON.stringify(name)}: without it every deployment is refused`,
    hint:
      near === undefined
        ? 'docs.github.com/actions/reference/security/oidc lists them'
        : `did you mean ${near}?`,
  }
}

interface Form {
  fits(pattern: string): boolean
  what: string
  hint(pattern: string): string
}

/** docs.github.com/actions/reference/workflows-and-actions/variables, GITHUB_REF */
const REFS = ['refs/heads/', 'refs/tags/', 'refs/pull/']

const ref: Form = {
  // of a pattern, what stands before its first asterisk
  fits: (pattern) => {
    const [start = ''] = pattern.split('*', 1)
    const isWhole = start === pattern
    return REFS.some((prefix) => start.startsWith(prefix) || (!isWhole && prefix.startsWith(start)))
  },
  what: 'a full ref',
  hint: (pattern) => {
    const [, kind = '', name = ''] =
      /^\/*(?:refs\/)?(?:(heads|head|branches|branch|tags|tag)\/)?(.*)$/s.exec(pattern) ?? []
    const [branch, tag] = [`refs/heads/${name}`, `refs/tags/${name}`]
    const written = kind === '' ? `${branch}, or ${tag} for a tag` : kind[0] === 't' ? tag : branch
    return `a ref begins with refs/: write ${written}`
  },
}

/** `base_ref` and `head_ref`. */
const branch: Form = {
  fits: (pattern) => !pattern.startsWith('refs/'),
  what: "a branch's name",
  hint: (pattern) =>
    `this one is without refs/heads/: write ${pattern.replace(/^refs\/(?:heads\/)?/, '')}`,
}

const number = (hint: string): Form => ({
  fits: (pattern) => /^[\d*]+$/.test(pattern),
  what: 'a number',
  hint: () => hint,
})

const repository: Form = {
  fits: (pattern) => pattern.includes('**') || /^[A-Za-z0-9*_-]+\/[A-Za-z0-9*._-]+$/.test(pattern),
  what: 'OWNER/NAME',
  hint: (pattern) => {
    const [, found = 'acme/api'] =
      /^(?:https?:\/\/|git@)?(?:www\.)?github\.com[/:]([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(
        pattern,
      ) ?? []
    return `write it like ${found}`
  },
}

const owner: Form = {
  fits: (pattern) => /^[A-Za-z0-9*_-]+$/.test(pattern),
  what: "an owner's name",
  hint: () => 'write the name alone, like acme',
}

const workflowRef: Form = {
  // by a branch, a tag, or a commit
  fits: (pattern) => {
    if (pattern.includes('**') && !pattern.includes('@')) return true
    const [path = '', at, ...more] = pattern.split('@')
    if (at === undefined || more.length > 0 || !path.includes('/')) return false
    return ref.fits(at) || /^[0-9a-f*]+$/.test(at)
  },
  what: 'a workflow with its ref',
  hint: () =>
    'write it like acme/api/.github/workflows/deploy.yml@refs/heads/main, or …deploy.yml@** for every ref',
}

const commit: Form = {
  fits: (pattern) => /^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]*\*[0-9a-f*]*)$/.test(pattern),
  what: 'a whole commit',
  hint: () => 'git rev-parse HEAD prints one: 40 hex digits',
}

const oneOf = (...words: string[]): Form => ({
  fits: (pattern) => pattern.includes('*') || words.includes(pattern),
  what: words.join(' or '),
  hint: (pattern) => {
    const near = nearest(pattern, words)
    return near === undefined ? `write ${words.join(' or ')}` : `did you mean ${near}?`
  },
})

const event: Form = {
  fits: (pattern) => /^[a-z_*]+$/.test(pattern),
  what: 'an event',
  hint: () => 'write it like push or workflow_dispatch, as under on: in a workflow',
}

const FORMS = new Map<string, Form>([
  ['ref', ref],
  ['base_ref', branch],
  ['head_ref', branch],
  ['ref_type', oneOf('branch', 'tag')],
  ['ref_protected', oneOf('true', 'false')],
  ['repository', repository],
  ['repository_id', number(REPOSITORY_ID_HINT)],
  ['repository_owner', owner],
  ['repository_owner_id', number('gh api users/OWNER --jq .id prints it')],
  ['repository_visibility', oneOf('public', 'private', 'internal')],
  ['actor_id', number('gh api users/NAME --jq .id prints it')],
  ['event_name', event],
  ['job_workflow_ref', workflowRef],
  ['workflow_ref', workflowRef],
  ['sha', commit],
  ['workflow_sha', commit],
  ['job_workflow_sha', commit],
  ['runner_environment', oneOf('github-hosted', 'self-hosted')],
])

/** docs.github.com/actions/reference/security/oidc */
const KNOWN = new Set([
  ...FORMS.keys(),
  ...'actor aud check_run_id enterprise enterprise_id environment environment_node_id exp iat iss jti nbf run_attempt run_id run_number sub workflow'.split(
    ' ',
  ),
])

/** What people write for it, and no mistyped word of it. */
const MEANT = new Map([
  ['branch', 'ref'],
  ['tag', 'ref'],
  ['repo', 'repository'],
  ['repo_id', 'repository_id'],
  ['owner', 'repository_owner'],
  ['owner_id', 'repository_owner_id'],
  ['event', 'event_name'],
  ['env', 'environment'],
  ['user', 'actor'],
])
