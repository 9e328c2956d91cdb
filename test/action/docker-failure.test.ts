import { describe, expect, test } from 'vitest'
import { hintFor, isRefused, readFailure } from '../../action/docker-failure.ts'

const BUILDX = ['buildx', 'build']

/** buildx's plain progress; the user's command prints what a registry would say. */
const FAILED_RUN = String.raw`#5 [bad 1/1] RUN echo 'ERROR: failed to push: 401 Unauthorized denied' && exit 3
#5 0.672 ERROR: failed to push: 401 Unauthorized denied expired immutable
#5 0.672 #6 ERROR: unauthorized
#5 ERROR: process "/bin/sh -c echo 'ERROR: failed to push: 401 Unauthorized denied'" did not complete successfully: exit code: 3
------
 > [bad 1/1] RUN echo 'ERROR: failed to push: 401 Unauthorized denied' && exit 3:
0.672 ERROR: failed to push: 401 Unauthorized denied expired immutable
------
ERROR: failed to solve: process "/bin/sh -c echo 'ERROR: failed to push: 401'" did not complete successfully: exit code: 3`

const pushed = (words: string) => `#5 exporting to image
#5 exporting layers 0.1s done
#5 DONE 0.1s
#6 pushing ghcr.io/acme/hello:1 with docker
#6 pushing layer 2558d8a6bb65 done
#6 ERROR: ${words}
------
 > pushing ghcr.io/acme/hello:1 with docker:
------
ERROR: ${words}`

const failureOf = (output: string, args: readonly string[] = BUILDX) =>
  readFailure(args, output.split('\n'))

test('what a user’s build prints is never taken for a registry’s words', () => {
  expect(failureOf(FAILED_RUN)).toBeUndefined()
  expect(failureOf('unauthorized: denied', ['build', '.'])).toBeUndefined()
})

test.for([
  [pushed('no basic auth credentials'), true],
  [pushed('denied: Your authorization token has expired. Reauthenticate and try again.'), true],
  [
    '#9 exporting to image\n#9 pushing layers\n#9 ERROR: failed to push ghcr.io/a/b:1: unexpected status from HEAD request to https://ghcr.io/v2/a/b/blobs/x: 403 Forbidden',
    true,
  ],
  [pushed('dial tcp: lookup ghcr.io: no such host'), false],
  [pushed('tls: failed to verify certificate: x509: certificate has expired'), false],
  [pushed('denied: the tag is immutable'), false],
  ['#2 [internal] load metadata for ghcr.io/a/b:1\n#2 ERROR: 401 Unauthorized', false],
  ['#9 exporting cache to registry\n#9 ERROR: denied', false],
] as const)('%j is a refused push: %s', ([output, refused]) => {
  expect(isRefused(failureOf(output))).toBe(refused)
})

test('docker push says nothing but a registry’s words', () => {
  expect(isRefused(failureOf('unauthorized: authentication required', ['push', 'a/b']))).toBe(true)
})

describe('the hint', () => {
  test.for([
    [FAILED_RUN, 'Its output above says why.'],
    [pushed('unauthorized'), 'packages: write'],
    [
      pushed('no basic auth credentials').replaceAll(
        'ghcr.io/acme',
        '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
      ),
      'give aws-role',
    ],
    [
      pushed(
        'push access denied, repository does not exist or may require authorization: server message: insufficient_scope',
      ),
      'packages: write',
    ],
    [
      pushed(
        "name unknown: The repository with name 'hello' does not exist in the registry with id '123456789012'",
      ),
      'aws ecr create-repository',
    ],
    [pushed('repository acme/hello not found: name unknown'), 'create it first'],
    [pushed('tag invalid: the tag is immutable'), 'give each build a tag of its own'],
    [
      '#2 [internal] load metadata for docker.io/library/alpine:3\n#2 ERROR: toomanyrequests: You have reached your pull rate limit',
      'sign in to it',
    ],
    [
      '#2 [internal] load metadata for ghcr.io/a/b:1\n#2 ERROR: 401 Unauthorized',
      'A base image cannot be read',
    ],
    ['#7 [2/2] COPY . .\n#7 ERROR: write /x: no space left on device', 'disk is full'],
    ["unknown flag: --call\nSee 'docker buildx build --help'.", 'too old'],
  ] as const)('of %j', ([output, hint]) => {
    expect(hintFor(failureOf(output))).toContain(hint)
  })
})
