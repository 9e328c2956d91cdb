import { generateKeyPairSync } from 'node:crypto'
import { ask, versionOf } from '../../test/support/ask.ts'
import { type HookAnswer, oidcHeaders, postHook, webhookHeaders } from './hook.ts'
import { expect, type Outcome } from './output.ts'
import { listDeployments } from './receiver-socket.ts'
import type { Scene } from './scene.ts'

/** What must not start a deployment does not. */
export async function refusals(scene: Scene): Promise<Outcome> {
  const { stack, key } = scene
  const redeploy = JSON.stringify({ image: `${stack.repository}@${scene.digests.get('1')}` })
  const before = await listDeployments(stack)

  const stranger = generateKeyPairSync('ed25519').privateKey
  const forged = await postHook(scene, {
    headers: webhookHeaders(redeploy, stranger),
    body: redeploy,
  })
  expectStatus('a forged signature', forged, 401)

  const elsewhere = JSON.stringify({ image: `${stack.registry.host}/stranger/hello:latest` })
  const unlisted = await postHook(scene, {
    headers: webhookHeaders(elsewhere, key.object),
    body: elsewhere,
  })
  expectStatus('an unlisted repository', unlisted, 403)

  const replayed = await postHook(scene, scene.curlRequest ?? { headers: {}, body: '' })
  expect(
    replayed.deployment?.id === before[1],
    `the replayed request of curl was answered with ${replayed.status} ${replayed.text}, not with its first deployment ${before[1]}`,
  )
  const after = await listDeployments(stack)
  expect(after.join() === before.join(), `something was started: ${after.length - before.length}`)

  const headers = { ...(await oidcHeaders(scene, redeploy)), prefer: 'wait=240' }
  const [first, second] = [
    await postHook(scene, { headers, body: redeploy }),
    await postHook(scene, { headers, body: redeploy }),
  ]
  expectStatus('an OIDC token, the first time', first, 200)
  expectStatus('an OIDC token, the second time', second, 401)
  const [, ...earlier] = await listDeployments(stack)
  expect(earlier.join() === before.join(), 'the replayed OIDC request started a deployment')
  const reply = await ask(stack.hello)
  expect(versionOf(reply) === '1', `Nginx answers ${reply.status} ${reply.body}, not version 1`)
  return {
    line: 'a forged signature, an unlisted repository and replayed requests started nothing',
    blocks: [
      {
        title: 'the answers',
        lines: [
          `forged signature        ${forged.status} ${codeOf(forged)}`,
          `unlisted repository     ${unlisted.status} ${codeOf(unlisted)}`,
          `curl's request again    ${replayed.status} the first answer's deployment ${replayed.deployment?.id}`,
          `an OIDC token again     ${second.status} ${codeOf(second)}`,
        ],
      },
    ],
    figures: [
      ['forged signature', String(forged.status)],
      ['unlisted repository', String(unlisted.status)],
      ["curl's request replayed", `${replayed.status}, nothing started`],
      ['OIDC request replayed', String(second.status)],
    ],
  }
}

function expectStatus(what: string, { status, text }: HookAnswer, wanted: number): void {
  expect(status === wanted, `${what} was answered with ${status}, not ${wanted}: ${text}`)
}

const codeOf = ({ text }: HookAnswer) => /"code": ?"(\w+)"/.exec(text)?.[1] ?? ''
