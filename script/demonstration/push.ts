import { createHash } from 'node:crypto'
import { HELLO, HELLO_BASE } from '../../test/support/images.ts'
import { type ActionResult, runAction } from '../../test/support/github-runner.ts'
import type { Scene } from './scene.ts'

/** Commit that a version is said to be built from. */
export const commitOf = (version: string) =>
  createHash('sha1').update(`hello ${version}`).digest('hex')

/**
 * What a push to main does: GitHub's runner runs the committed bundle of the Action, which builds `examples/hello`, pushes
 * it, signs the hook by OIDC and follows the deployment to its end.
 */
export async function push(
  { stack, digests }: Scene,
  version: string,
  { broken = false } = {},
): Promise<ActionResult> {
  const result = await runAction({
    inputs: {
      url: `${stack.url}/hooks/hello`,
      image: stack.repository,
      registry: stack.registry.host,
      username: stack.registry.username,
      password: stack.registry.password,
      context: HELLO,
      'build-args': [
        `BASE=${HELLO_BASE}`,
        `VERSION=${version}`,
        `COMMIT=${commitOf(version)}`,
        ...(broken ? ['BROKEN=1'] : []),
      ].join('\n'),
      timeout: '10m',
    },
    env: {
      DOCKER_HOST: stack.runner.host,
      GITHUB_SHA: commitOf(version),
      GITHUB_RUN_ID: `10000000${version}`,
      ACTIONS_ID_TOKEN_REQUEST_URL: stack.issuer.requestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: stack.issuer.requestToken,
    },
  })
  const digest = result.outputs['digest']
  if (digest !== undefined) digests.set(version, digest)
  return result
}

/** Like `push`, for a version that has to arrive. Throws with the Action's log when it does not. */
export async function pushSuccessfully(scene: Scene, version: string): Promise<ActionResult> {
  const result = await push(scene, version)
  if (result.exitCode === 0 && result.outputs['status'] === 'succeeded') return result
  throw new Error(
    [
      `the Action ended with ${result.exitCode} and status ${result.outputs['status'] ?? 'unknown'}`,
      ...result.lines,
      'the receiver printed:',
      scene.receiver.log(),
    ].join('\n'),
  )
}
