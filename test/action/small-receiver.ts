import type { ServerResponse } from 'node:http'
import type { Deployment, DeploymentEvent } from '../../protocol/deployment.ts'
import type { HookBody } from '../../protocol/hook.ts'
import { deploymentOf } from './deployment-of.ts'
import { answerJson, bodyOf, serve } from './loopback.ts'

/** What it makes of a deploy; a rollback always succeeds, unless it is `stuck`. */
export type Behaviour = 'takes' | 'fails' | 'refuses' | 'hangs' | 'stuck'

export interface SmallReceiver {
  url: string
  /** Bodies of the hooks that came. */
  hooks: HookBody[]
  /** The digest that it runs. */
  live(): string | undefined
  /** Lets what hangs succeed. */
  letGo(): void
}

const at = '2026-01-02T03:04:06.000Z'
export const NEW = `sha256:${'a'.repeat(64)}`
export const OLD = `sha256:${'b'.repeat(64)}`

/** A receiver of the app `hello` that keeps which digest runs, by what `heard` is told in which order things happen. */
export async function startSmall({
  behaviour = 'takes',
  isFirst = false,
  heard = () => {},
}: {
  behaviour?: Behaviour
  /** Nothing was ever deployed there. */
  isFirst?: boolean
  heard?: (what: string) => void
} = {}): Promise<SmallReceiver> {
  const hooks: HookBody[] = []
  const deployments: Deployment[] = []
  const followers: (() => void)[] = []
  let live = isFirst ? undefined : OLD
  const take = (body: HookBody): Deployment => {
    const id = `d${deployments.length + 1}`
    const digest = body.rollback === undefined ? NEW : OLD
    const fails = body.rollback === undefined ? behaviour === 'fails' : behaviour === 'stuck'
    const hangs = behaviour === 'hangs' && body.rollback === undefined
    const status = hangs ? 'running' : fails ? 'failed' : 'succeeded'
    const deployment = deploymentOf({
      id,
      action: body.rollback === undefined ? 'deploy' : 'rollback',
      status,
      image: { repository: 'ghcr.io/acme/hello', tag: 'main', digest },
      ...(live !== undefined && { previous: { deployment: 'd0', digest: live } }),
      ...(fails && { error: { code: 'unhealthy', message: 'GET /healthz answered 500' } }),
    })
    if (status === 'succeeded') live = digest
    deployments.push(deployment)
    heard(body.rollback === undefined ? 'deploy' : `back to ${body.rollback}`)
    return deployment
  }
  const tell = (response: ServerResponse, deployment: Deployment) => {
    const { previous, image, status } = deployment
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const events: DeploymentEvent[] = [
      { type: 'started', at },
      { type: 'image', at, digest: image.digest ?? '', ...(previous && { previous }) },
    ]
    const send = (event: DeploymentEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`)
    events.forEach(send)
    const end = () => send({ type: 'finished', at, status: 'succeeded' })
    if (status === 'running') return void followers.push(end)
    if (status === 'succeeded') return end()
    send({
      type: 'finished',
      at,
      status: 'failed',
      ...(deployment.error && { error: deployment.error }),
    })
  }
  const base: string = await serve((request, response) => {
    const [, , id = '', events] = (request.url ?? '').split('/')
    const found = deployments.find((each) => each.id === id)
    if (request.method === 'GET' && found !== undefined) {
      return events === 'events' ? tell(response, found) : answerJson(response, 200, found)
    }
    void bodyOf(request).then((text) => {
      if (behaviour === 'refuses') return answerJson(response, 403, { detail: 'not this image' })
      const body = JSON.parse(text) as HookBody
      hooks.push(body)
      const deployment = take(body)
      const follow = { url: `${base}/deployments/${deployment.id}/events`, token: 'follow-token-1' }
      answerJson(response, 202, { deployment: { ...deployment, status: 'queued' }, follow })
    })
  })
  return {
    url: `${base}/hooks/hello`,
    hooks,
    live: () => live,
    letGo() {
      for (const each of deployments) if (each.status === 'running') each.status = 'succeeded'
      live = NEW
      for (const end of followers.splice(0)) end()
    },
  }
}
