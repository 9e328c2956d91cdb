import { ask, versionOf } from '../../test/support/ask.ts'
import { expect, type Outcome, seconds } from './output.ts'
import { commitOf, pushSuccessfully } from './push.ts'
import type { Scene } from './scene.ts'

/** A push becomes a container that answers through Nginx. */
export async function firstVersion(scene: Scene): Promise<Outcome> {
  const before = await ask(scene.stack.hello)
  expect(
    before.status === 503,
    `before the first deployment Nginx answers ${before.status}, not 503`,
  )
  const { outputs } = await pushSuccessfully(scene, '1')
  const reply = await ask(scene.stack.hello)
  const text = reply.body.trim()
  expect(versionOf(reply) === '1', `Nginx answers ${reply.status} ${text}, not version 1`)
  expect(
    text.includes(commitOf('1')),
    `the answer names another commit than ${commitOf('1')}: ${text}`,
  )
  return {
    line: `the Action built, pushed and deployed it; through Nginx: ${text}`,
    figures: [['hook → deployment over', seconds(Number(outputs['duration-ms']))]],
  }
}
