import { expect, test } from 'vitest'
import type { Deployment } from '../../../../protocol/deployment.ts'
import { type Hint, settledBy } from '../../../../receiver/core/intake/push-hint.ts'
import { APP, DIGEST } from '../../../support/fake-world.ts'

const MINUTE = 60_000

/** `at` says for how many minutes it has been there. */
function of(
  status: Deployment['status'],
  image: { tag?: string; digest?: string },
  minutesOld = 0,
): Deployment {
  return {
    id: `${status} ${image.tag ?? ''} ${image.digest?.slice(7, 8) ?? 'unresolved'}`,
    app: APP.name,
    action: 'deploy',
    status,
    image: { repository: APP.image.repository, ...image },
    source: {},
    created_at: String(minutesOld),
    steps: [],
  }
}

interface Row {
  hint: Hint
  newest?: Deployment
  live?: Deployment
}
const PUSHED: Hint = { tag: 'latest', digest: DIGEST.two }
const UNASKED: Hint = { tag: 'latest' }
const LIVE = of('succeeded', { digest: DIGEST.one }, 500)

test.for<[string, Row, 'newest' | 'live' | undefined]>([
  ['the first push is not settled', { hint: PUSHED }, undefined],
  ['the first push without an answer is not settled', { hint: UNASKED }, undefined],
  [
    'what waits for the same tag will ask for it',
    { hint: PUSHED, newest: of('queued', { tag: 'latest' }), live: LIVE },
    'newest',
  ],
  [
    'what waits for the same tag settles it also when the registry gave no answer',
    { hint: UNASKED, newest: of('queued', { tag: 'latest' }), live: LIVE },
    'newest',
  ],
  [
    'what waits for another tag does not',
    { hint: UNASKED, newest: of('queued', { tag: 'v2' }), live: LIVE },
    undefined,
  ],
  [
    'what runs may have asked for the tag before the push',
    { hint: UNASKED, newest: of('running', { tag: 'latest' }), live: LIVE },
    undefined,
  ],
  [
    'what runs and has not asked yet may have another digest',
    { hint: PUSHED, newest: of('running', { tag: 'latest' }), live: LIVE },
    undefined,
  ],
  [
    'what waits with its digest settles nothing when the registry gave no answer',
    { hint: UNASKED, newest: of('queued', { tag: 'latest', digest: DIGEST.two }), live: LIVE },
    undefined,
  ],
  [
    'what runs with that digest settles it, however long it runs',
    { hint: PUSHED, newest: of('running', { digest: DIGEST.two }, 60), live: LIVE },
    'newest',
  ],
  [
    'what waits with that digest settles it',
    { hint: PUSHED, newest: of('queued', { digest: DIGEST.two }, 60), live: LIVE },
    'newest',
  ],
  [
    'what is live settles it, however old it is',
    { hint: { tag: 'latest', digest: DIGEST.one }, newest: LIVE, live: LIVE },
    'live',
  ],
  [
    'what is live settles it also when something newer failed',
    {
      hint: { tag: 'latest', digest: DIGEST.one },
      newest: of('failed', { digest: DIGEST.two }),
      live: LIVE,
    },
    'live',
  ],
  [
    'what is live does not settle it while something else is about to replace it',
    {
      hint: { tag: 'latest', digest: DIGEST.one },
      newest: of('running', { digest: DIGEST.two }),
      live: LIVE,
    },
    undefined,
  ],
  [
    'what is live does not settle it while another tag waits',
    {
      hint: { tag: 'latest', digest: DIGEST.one },
      newest: of('queued', { tag: 'v2' }),
      live: LIVE,
    },
    undefined,
  ],
  [
    'what has just failed is not tried again by the second event of the push',
    { hint: PUSHED, newest: of('failed', { digest: DIGEST.two }, 9.99), live: LIVE },
    'newest',
  ],
  [
    'what failed ten minutes ago is tried again',
    { hint: PUSHED, newest: of('failed', { digest: DIGEST.two }, 10), live: LIVE },
    undefined,
  ],
  [
    'what was rolled back from a moment ago is not brought back by a late event',
    { hint: PUSHED, newest: of('succeeded', { digest: DIGEST.two }, 1), live: LIVE },
    'newest',
  ],
  [
    'a failure of another digest settles nothing',
    { hint: PUSHED, newest: of('failed', { digest: DIGEST.three }), live: LIVE },
    undefined,
  ],
  [
    'what failed before it had a digest settles nothing',
    { hint: PUSHED, newest: of('failed', { tag: 'latest' }), live: LIVE },
    undefined,
  ],
  [
    'nothing is settled by a failure when the registry gave no answer',
    { hint: UNASKED, newest: of('failed', { tag: 'latest' }), live: LIVE },
    undefined,
  ],
])('%s', ([, { hint, newest, live }, expected]) => {
  const ageMs = (at: string) => Number(at) * MINUTE
  const settled = settledBy(hint, { newest, live, ageMs })
  expect(settled).toBe({ newest, live, undefined }[String(expected)])
})
