import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildHelloBase } from '../../test/support/images.ts'
import type { RunningReceiver } from '../../test/support/receiver.ts'
import { type Stack, type StackEngine, startStack } from '../../test/support/stack.ts'
import type { Workspace } from '../../test/support/workspace.ts'
import type { Outcome } from './output.ts'

/** What the steps of the demo share. */
export interface Scene extends Outcome {
  /** What runs the app. */
  engine: StackEngine
  stack: Stack
  receiver: RunningReceiver
  /** The sender's Ed25519 key; the receiver's config holds the public half alone. */
  key: { file: string; object: KeyObject }
  /** Digest of each version that the Action pushed. */
  digests: Map<string, string>
  /** Headers and body of the request that curl sent. */
  curlRequest?: { headers: Record<string, string>; body: string }
}

/** Starts everything, with an app that two kinds of senders may deploy: the Action by OIDC, and a key for curl. */
export async function prepare(workspace: Workspace, engine: Scene['engine']): Promise<Scene> {
  const stack = await startStack(workspace, { engine })
  const [key] = await Promise.all([
    makeKey(stack.workspace.folder('keys')),
    buildHelloBase({ host: stack.runner.host, dir: workspace.dir }),
  ])
  stack.config.apps.hello.auth['keys'] = [publicKeyOf(key.object)]
  const receiver = await stack.startReceiver()
  return {
    line: `${ENGINES[engine]}, registry with a password, Nginx, OIDC issuer, receiver`,
    engine,
    stack,
    receiver,
    key,
    digests: new Map(),
  }
}

const ENGINES = {
  docker: 'two Docker engines (one builds, one deploys)',
  swarm: 'four Docker engines (one builds, three are a swarm)',
  kubernetes: 'a Docker engine that builds, a Kubernetes cluster',
} as const

async function makeKey(dir: string): Promise<Scene['key']> {
  const file = join(dir, 'hook.pem')
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', file])
  return { file, object: createPrivateKey(readFileSync(file)) }
}

/** `whpk_` and the 32 bytes of the public key, as Standard Webhooks writes them. */
function publicKeyOf(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return `whpk_${Buffer.from(x, 'base64url').toString('base64')}`
}
