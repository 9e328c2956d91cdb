import type { KeyObject } from 'node:crypto'
import type { Context } from 'hono'
import type { Deployment } from '../../../protocol/deployment.ts'
import { followToken } from '../auth/read-access.ts'
import { completeJson } from '../security-headers.ts'
import type { Taken } from './taken.ts'
import { preferredWait, waitForEnd, type WaitServices } from './wait.ts'

export interface AnswerServices extends WaitServices {
  /** Public base URL. */
  url: string
  /** Key of the follow tokens. */
  followKey: KeyObject
}

/** Tells a sender what became of the hook; with `Prefer: wait`, when it is over. */
export async function answerHook(
  c: Context,
  taken: Taken,
  services: AnswerServices,
): Promise<Response> {
  switch (taken.kind) {
    case 'pong':
      return c.json({ result: 'pong' })
    case 'tested':
      return c.json({ result: 'tested', detail: taken.detail })
    case 'ignored':
      return c.json({ result: 'ignored', detail: taken.reason })
    case 'leaves':
      return c.json(
        { result: 'removed', detail: `${taken.preview} goes, with all that it has` },
        202,
      )
    case 'unchanged': {
      const { id, status, image } = taken.deployment
      const detail = `${image.digest ?? image.tag ?? image.repository} is that of deployment ${id}, which is ${status}`
      return c.json({ result: 'unchanged', detail, deployment: taken.deployment })
    }
    case 'accepted':
    case 'repeated':
      return answerDeployment(c, taken.deployment, services)
  }
}

async function answerDeployment(
  c: Context,
  taken: Deployment,
  services: AnswerServices,
): Promise<Response> {
  const seconds = preferredWait(c.req.header('prefer'))
  const deployment =
    seconds === 0 ? taken : await waitForEnd(taken, { seconds, client: c.req.raw.signal }, services)
  const answer = {
    deployment,
    follow: {
      url: `${services.url}/deployments/${deployment.id}/events`,
      token: followToken(services.followKey, deployment.id),
    },
  }
  return completeJson(c, answer, {
    status: seconds === 0 ? 202 : statusOf(deployment),
    headers: {
      location: `/deployments/${deployment.id}`,
      ...(seconds === 0 ? {} : { 'preference-applied': `wait=${seconds}` }),
    },
  })
}

function statusOf({ status }: Deployment): 200 | 202 | 409 | 422 {
  if (status === 'succeeded') return 200
  if (status === 'failed') return 422
  return status === 'superseded' ? 409 : 202
}
