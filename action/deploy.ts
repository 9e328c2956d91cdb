import { setTimeout as pause } from 'node:timers/promises'
import type { Deployment, DeploymentEvent, UnknownEvent } from '../protocol/deployment.ts'
import type { HookBody } from '../protocol/hook.ts'
import { previewApp } from '../protocol/preview-name.ts'
import type { RunContext } from './context.ts'
import { ActionError } from './error.ts'
import { follow } from './follow.ts'
import { postHook } from './hook.ts'
import type { HookTarget } from './hook-target.ts'
import { idempotencyKey, undoingKey } from './idempotency-key.ts'
import type { Inputs } from './inputs.ts'
import { say, warn } from './log.ts'
import { createProgress } from './progress.ts'
import { chooseSigning } from './signing.ts'
import type { Result } from './summary.ts'

/** What is asked of each receiver. */
export interface Order {
  inputs: Inputs
  run: RunContext
  /** Reference to deploy; `''` for a rollback. */
  image: string
  /** Name of the preview that it is for. */
  preview?: string
  /** What to go back to, where the input `rollback` does not say it; `shown` is what people are told. */
  backTo?: { deployment: string; shown: string }
  /** One id over all receivers, when there are several. */
  release?: string
  /** Sigstore bundles of the image. */
  attestations: readonly unknown[]
  /** Digest that was just pushed, if one was. */
  builtDigest?: string
  signal: AbortSignal
}

/**
 * Posts the hook to one receiver and follows the deployment. What became of it goes to `onResult` each time it is
 * known better, so that it is reported also when this throws.
 * @throws ActionError of the hook and of following it.
 */
export const deployTo = async (
  target: HookTarget,
  order: Order,
  onResult: (result: Result) => void,
): Promise<Result> => {
  const { inputs, preview, signal } = order
  let whole: Result | undefined
  const known = (result: Omit<Result, 'url' | 'app'>): Result => {
    whole = { ...whole, url, app, ...result }
    onResult(whole)
    return whole
  }
  const { url } = target
  const app = preview === undefined ? target.app : previewApp(target.app, preview)
  warnOfPlainHttp(url)
  say(`${whatItDoes(order)}${preview === undefined ? '' : ` as ${app}`}: ${url}`)
  const outcome = await postHook({
    target,
    body: hookBody(target, order),
    authorize: chooseSigning(target, inputs.secret),
    signal,
    pause: (ms) => pause(ms, undefined, { signal }),
  })
  if (outcome.kind === 'taken') {
    say(
      `${url} answered ${outcome.status}: taken. Such a hook says nothing more, so there is nothing to follow.`,
    )
    return known({ status: 'accepted' })
  }
  const { deployment, follow: named } = outcome
  const following = named !== undefined && isOfOrigin(named.url, url) ? named : undefined
  const accepted = known({
    status: deployment.status,
    deployment,
    ...(following && { follow: following }),
  })
  say(`deployment ${deployment.id} of ${deployment.app}: ${deployment.status}`)
  if (!inputs.wait || named === undefined) return accepted
  if (following === undefined) throw followedElsewhere(named.url, url)
  const progress = createProgress(say)
  let now = deployment
  try {
    const ended = await follow({
      accepted: { deployment, follow: following },
      timeoutMs: inputs.timeoutMs,
      signal,
      onEvent: (event) => {
        progress.show(event)
        now = after(event, now)
        known({ status: now.status, deployment: now })
      },
    })
    warnOfAnotherDigest(ended.image.digest, order)
    return known({ status: ended.status, deployment: ended })
  } finally {
    progress.stop()
  }
}

function whatItDoes({ inputs, image, backTo }: Order): string {
  if (backTo !== undefined) return `rolling back to ${backTo.shown}`
  return image === '' ? `rolling back to ${inputs.rollback}` : `deploying ${image}`
}

/** What its events told of a deployment so far, should nobody be able to ask for it any more. */
function after(event: DeploymentEvent | UnknownEvent, deployment: Deployment): Deployment {
  switch (event.type) {
    case 'started':
      return { ...deployment, status: 'running' }
    case 'image': {
      const { digest, previous } = event
      return {
        ...deployment,
        image: { ...deployment.image, digest },
        ...(previous !== undefined && { previous }),
      }
    }
    case 'live':
      return { ...deployment, live_at: event.at }
    case 'step':
    case 'progress':
    case 'finished':
    case 'unknown':
      return deployment
  }
}

/** A URL with a password is a plain `CI_CD_URL`: its receiver takes what the app's tag says, so no image is sent. */
function hookBody(target: HookTarget, order: Order): HookBody & { id: string } {
  const { inputs, run, preview, backTo, release } = order
  const key = idempotencyKey(inputs.id, run, target.app)
  const rollback = backTo?.deployment ?? inputs.rollback
  return {
    ...(rollback === '' ? target.basic === undefined && { image: order.image } : { rollback }),
    ...(preview !== undefined && {
      preview,
      ...(run.happenedAt && { asked_at: run.happenedAt.toISOString() }),
    }),
    ...(order.attestations.length > 0 && { attestations: [...order.attestations] }),
    id: backTo === undefined ? key : undoingKey(key),
    source: sourceOf(run, release),
  }
}

/** What a hook says of the run that it is of. */
export const sourceOf = (run: RunContext, release = ''): NonNullable<HookBody['source']> => {
  const said = {
    repository: run.repository,
    ref: run.ref,
    sha: run.sha,
    run_url: run.runUrl,
    actor: run.actor,
    message: run.message,
    release,
  }
  return Object.fromEntries(
    Object.entries(said)
      .filter(([, value]) => value !== '')
      .map(([key, value]) => [key, value.slice(0, 1000)]),
  )
}

function warnOfPlainHttp(url: string): void {
  const { protocol, hostname } = new URL(url)
  const isLoopback =
    hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
  if (protocol === 'http:' && !isLoopback) {
    warn(
      `${url} is posted to without TLS: whoever sits in between reads and changes it. Use https://.`,
    )
  }
}

/** Only who took the hook is told the token and believed about the deployment's end. */
const isOfOrigin = (url: string, hookUrl: string): boolean =>
  URL.canParse(url) && new URL(url).origin === new URL(hookUrl).origin

function followedElsewhere(followUrl: string, hookUrl: string): ActionError {
  const elsewhere = URL.canParse(followUrl) ? new URL(followUrl).origin : followUrl
  return new ActionError(
    'bad_answer',
    `${hookUrl} took the hook, but follow.url of its answer is at ${JSON.stringify(elsewhere.slice(0, 200))}, not at ${new URL(hookUrl).origin}: nothing is sent there`,
    {
      hint: 'The deployment goes on by itself. Post to the address that the receiver has as url: in its config, or change that; through a tunnel, do not follow it: wait: false.',
    },
  )
}

/** A receiver that redeploys a tag may have found another push of it. */
function warnOfAnotherDigest(digest: string | undefined, { builtDigest }: Order): void {
  if (builtDigest === undefined || digest === undefined || digest === builtDigest) return
  warn(
    `the receiver deployed ${digest}, not the ${builtDigest} that this job pushed: the tag that the app follows names another image.`,
  )
}
