import { request } from 'node:http'
import * as v from 'valibot'
import { Deployment } from '../../protocol/deployment.ts'
import type { Stack } from '../../test/support/stack.ts'

/** A deployment, as the receiver's local socket shows it. */
export const findDeployment = async (stack: Stack, id: string): Promise<Deployment> =>
  v.parse(Deployment, await get(stack, `/deployments/${id}`))

/** Ids of the app's deployments, the newest first. */
export async function listDeployments(stack: Stack): Promise<string[]> {
  const found = await get(stack, '/apps/hello/deployments?limit=100')
  return v
    .parse(v.object({ deployments: v.array(Deployment) }), found)
    .deployments.map(({ id }) => id)
}

function get({ config }: Stack, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: config.socket, path }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      incoming.once('end', () => {
        if (incoming.statusCode === 200) resolve(JSON.parse(text))
        else
          reject(
            new Error(`GET ${path} over the receiver's socket: ${incoming.statusCode} ${text}`),
          )
      })
    })
    outgoing.once('error', reject).end()
  })
}
