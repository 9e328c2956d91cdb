import { awsCredentials } from '../../../protocol/registries/aws.ts'
import { ecrPlace, ecrTokenRequest, readEcrToken } from '../../../protocol/registries/ecr.ts'
import { ask } from './ask.ts'
import type { Issued, Issuing } from './login.ts'

/** ECR's own, where the answer names no end. */
const LIFETIME_MS = 12 * 60 * 60 * 1000

/** A login for ECR or ECR Public, good for twelve hours. Throws an error in words. */
export async function ecrLogin(
  host: string,
  { region, profile }: { region: string; profile: string },
  context: Issuing,
): Promise<Issued> {
  const place = ecrPlace(host, region)
  const { env, signal } = context
  const { credentials } = await awsCredentials({
    env,
    profile,
    session: 'deploy-receiver',
    place,
    ask: (url, request, options) => ask(url, request, { ...context, ...options }),
    signal,
  })
  const { url, headers, body } = await ecrTokenRequest(place, credentials, env)
  const token = readEcrToken(await ask(url, { method: 'POST', headers, body }, context))
  if (token === undefined) throw new Error(`${new URL(url).host} answered without a token`)
  const { username, password, expiresAt } = token
  return {
    login: { username, password },
    expiresAt: expiresAt === undefined ? context.now() + LIFETIME_MS : expiresAt * 1000,
  }
}
