import { Agent } from 'node:http'
import type { Deployment } from '../../protocol/deployment.ts'
import { firstAnswer } from '../../test/support/ask.ts'
import { type BareScript, prepareBareScript } from '../../test/support/bare-deploy.ts'
import { pushHello } from '../../test/support/images.ts'
import { postHook, webhookHeaders } from './hook.ts'
import { expect, milliseconds, type Outcome } from './output.ts'
import type { Scene } from './scene.ts'

const ROUNDS = 5
const PAYLOAD_BYTES = 5_000_000

/**
 * How long it takes from the hook to the first answer of a new version, against a bare script that does the same by the
 * Docker API. They take turns on one engine; every image is new to it and of one size. It is a figure and no verdict:
 * with something else on the machine the ratio of two times is chance.
 */
export async function speed(scene: Scene): Promise<Outcome> {
  const { stack } = scene
  const bareScript = await prepareBareScript({
    docker: stack.vm.docker,
    sites: stack.nginx.directory,
    reloadNginx: stack.reloadNginx,
    dir: stack.workspace.folder('bare'),
    login: stack.registry,
  })
  // the script's first one finds nothing live, which is another case than replacing
  await bareDeployment(scene, bareScript, 'bare-0')
  const bare: number[] = []
  const ours: number[] = []
  let steps = ''
  for (let round = 1; round <= ROUNDS; round++) {
    bare.push(await bareDeployment(scene, bareScript, `bare-${round}`))
    const { ms, deployment } = await ourDeployment(scene, `ours-${round}`)
    ours.push(ms)
    steps = stepsOf(deployment)
  }
  await bareScript.close()
  const ratio = median(ours) / median(bare)
  const figures = `hook → first answer ${milliseconds(median(ours))}, a bare script ${milliseconds(median(bare))}: ${ratio.toFixed(2)} times`
  const rounds = [
    `deploy-receiver  ${ours.map(milliseconds).join('  ')}`,
    `bare script      ${bare.map(milliseconds).join('  ')}`,
    `the last one's steps: ${steps}`,
  ]
  return {
    line: figures,
    blocks: [{ title: `medians of ${ROUNDS} each, in turns`, lines: rounds }],
    figures: [
      ['hook → first answer', milliseconds(median(ours))],
      ['bare script', milliseconds(median(bare))],
      ['ratio', ratio.toFixed(2)],
    ],
  }
}

async function bareDeployment(scene: Scene, script: BareScript, version: string): Promise<number> {
  const digest = await newImage(scene, version)
  return script.deploy({ repository: scene.stack.repository, digest, version })
}

async function ourDeployment(
  scene: Scene,
  version: string,
): Promise<{ ms: number; deployment: Deployment }> {
  const { stack, key } = scene
  const body = JSON.stringify({ image: `${stack.repository}@${await newImage(scene, version)}` })
  const agent = new Agent({ keepAlive: true })
  const giveUp = new AbortController()
  const answered = firstAnswer(stack.hello, version, { agent, signal: giveUp.signal })
  answered.catch(() => undefined)
  try {
    const headers = { ...webhookHeaders(body, key.object), prefer: 'wait=240' }
    const { status, text, deployment } = await postHook(scene, { headers, body })
    expect(
      status === 200 && deployment !== undefined,
      `the hook was answered with ${status} ${text}`,
    )
    return { ms: (await answered) - Date.parse(deployment.created_at), deployment }
  } finally {
    giveUp.abort()
    agent.destroy()
  }
}

/** The steps up to the swap, with their times. */
const stepsOf = ({ steps }: Deployment) =>
  steps
    .slice(0, 1 + steps.findIndex(({ name }) => name === 'swap'))
    .map(({ name, ms = 0 }) => `${name} ${ms} ms`)
    .join(', ')

const newImage = ({ stack }: Scene, version: string) =>
  pushHello({
    host: stack.runner.host,
    dir: stack.workspace.dir,
    image: `${stack.repository}:${version}`,
    version,
    payloadBytes: PAYLOAD_BYTES,
    login: stack.registry,
  })

const median = (values: readonly number[]) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
