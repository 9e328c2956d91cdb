import * as v from 'valibot'
import { ask, readAnswer } from './ask.ts'
import type { Issued, Issuing } from './login.ts'

/** The user name of whoever has a token (cloud.google.com, "Configure authentication to Artifact Registry for Docker"). */
const TOKEN_USER = 'oauth2accesstoken'
/** By its address: a name could be answered by somebody else. */
const METADATA_HOST = '169.254.169.254'
const METADATA_DEADLINE_MS = 5000
const PATH = '/computeMetadata/v1/instance/service-accounts/default/token'

const Token = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  /** Seconds. */
  expires_in: v.number(),
})

/**
 * A login for Google's registries as the service account of the machine, by its metadata server (cloud.google.com, "Authenticate
 * workloads using service accounts"), good for an hour at most.
 */
export async function gcpLogin({ env, fetch, signal, now }: Issuing): Promise<Issued> {
  // as Google's own libraries have it, without a scheme
  const host = env['GCE_METADATA_HOST'] || METADATA_HOST
  const answer = await ask(
    `http://${host}${PATH}`,
    { headers: { 'metadata-flavor': 'Google' } },
    { fetch, signal, deadlineMs: METADATA_DEADLINE_MS },
  )
  const { access_token: password, expires_in: seconds } = readAnswer(Token, answer)
  return { login: { username: TOKEN_USER, password }, expiresAt: now() + seconds * 1000 }
}
