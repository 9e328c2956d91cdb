import { refusalHint } from './registries/refusal.ts'

/** Whose words say why a docker command failed. A build's own output is never one of them: it may say anything. */
export interface Failure {
  /** `push` and `pull` are a registry's words, `docker` are Docker's own. */
  from: 'push' | 'pull' | 'docker'
  words: string
  /** What was pushed, where the words do not name it. */
  reference?: string
}

/**
 * Finds out what failed in the output of a command, where a registry or Docker itself says so.
 *
 * BuildKit's plain progress has `#7 …` before each line of step 7, and what a user's command prints has the time there too
 * (`#7 0.672 …`), so that a step's name, its `pushing …` and its `ERROR:` are BuildKit's own words.
 */
export const readFailure = (
  args: readonly string[],
  lines: readonly string[],
): Failure | undefined => {
  if (args[0] === 'push') return { from: 'push', words: lines.join('\n') }
  if (args[0] !== 'buildx') return undefined
  const flag = lines.find((line) => /^(?:ERROR: )?unknown flag: --/.test(line))
  if (flag !== undefined) return { from: 'docker', words: flag }
  const [, step = '', words = ''] =
    lines.map((line) => /^#(\d+) ERROR: (.*)/.exec(line)).findLast((found) => found !== null) ?? []
  // it goes on with the user's command
  if (words === '' || words.startsWith('process "')) return undefined
  const said = (start: string) => lines.some((line) => line.startsWith(`#${step} ${start}`))
  if (said('pushing ') || words.startsWith('failed to push ')) {
    const [, reference] =
      lines.map((line) => /^#\d+ pushing (\S+) with docker$/.exec(line)).findLast(Boolean) ?? []
    return { from: 'push', words, ...(reference !== undefined && { reference }) }
  }
  return { from: said('[internal] load metadata for ') ? 'pull' : 'docker', words }
}

/** What to do about a failure. */
export const hintFor = (failure: Failure | undefined): string =>
  hintOfRegistry(failure) ??
  HINTS.find(([from, says]) => failure?.from === from && says.test(failure.words))?.[2] ??
  'Its output above says why.'

const hintOfRegistry = (failure: Failure | undefined): string | undefined =>
  failure?.from === 'push' && !isImmutable(failure) ? refusalHint(whole(failure)) : undefined

/** In BuildKit's own form. */
const whole = ({ words, reference }: Failure): string =>
  reference === undefined ? words : `failed to push ${reference}: ${words}`

const REFUSED =
  /unauthorized|authentication required|authorization failed|no basic auth|denied|forbidden|\b40[13]\b/i
const LIMITED = /toomanyrequests|rate limit|\b429\b/i

const IMMUTABLE = /immutable|cannot be overwritten/i

/** Whether a registry did not take the login for a push. A tag that it keeps may be refused in the words of a right that is missing. */
export const isRefused = (failure: Failure | undefined): boolean =>
  failure?.from === 'push' &&
  !isImmutable(failure) &&
  (REFUSED.test(failure.words) || saysExpired(failure))

/** Whether a registry's own words say that the login is too old. A certificate may be that too. */
export const saysExpired = ({ words }: Failure): boolean =>
  /expired/i.test(words) && !/x509|certificate/i.test(words)

/** Whether a registry keeps the tag as it is. */
export const isImmutable = (failure: Failure | undefined): boolean =>
  failure?.from === 'push' && IMMUTABLE.test(failure.words)

const TOO_OFTEN =
  'The registry limits how often it is asked: sign in to it, or run the job again later.'

const HINTS: readonly (readonly [Failure['from'], RegExp, string])[] = [
  [
    'push',
    IMMUTABLE,
    'The registry does not let a tag be pushed twice, and it holds another image: give each build a tag of its own (the commit is one).',
  ],
  [
    'push',
    /name[ _]unknown|repository with name|\b404\b/i,
    'The registry has no such repository, and makes none by itself: create it first, or correct image. On ECR: aws ecr create-repository --repository-name ….',
  ],
  [
    'push',
    REFUSED,
    'Check registry, username and password, and that this user may push to the repository. For ghcr.io the job needs "permissions: packages: write".',
  ],
  ['push', LIMITED, TOO_OFTEN],
  ['pull', LIMITED, TOO_OFTEN],
  [
    'pull',
    REFUSED,
    'A base image cannot be read: correct its name, or sign in to its registry with docker/login-action before this step.',
  ],
  ['docker', /no space left on device/i, 'The runner’s disk is full.'],
  ['push', /no space left on device/i, 'The registry’s disk is full, or the runner’s.'],
  [
    'docker',
    /unknown flag: --/,
    'The buildx on this runner is too old for it: add docker/setup-buildx-action before this step, or leave the input out.',
  ],
]
