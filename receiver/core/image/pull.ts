import { retryLater } from './retry.ts'
import { DeployError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { Progress } from '../rollout.ts'
import type { Held, ImageStore } from './image-store.ts'
import type { Registry } from './registry.ts'
import { lookFirst } from './look-first.ts'

/** An image that others removed before it could be kept is pulled again, so often. */
const TRIES = 5
const WAS_THERE = 'was there already'

/**
 * What has to be known before an image is pulled: one that the engine holds asks nobody, one that is not fit for it is refused. A `rollback`
 * does not wait for a registry that is away: whoever asks for one wants it now. It touches nothing. Throws `DeployError`.
 */
export async function lookAhead(
  app: string,
  image: { repository: string; digest: string },
  { images, registry }: { images: ImageStore; registry: Registry },
  { rollback, signal }: { rollback: boolean; signal: AbortSignal },
): Promise<Held | undefined> {
  const held = await images.held(app, image)
  if (held !== undefined) return held
  if (rollback) await requireRegistry(image, registry, signal)
  await lookFirst(image, { images, registry }, signal)
  return undefined
}

/**
 * Has the engine hold an image, and keeps it for the app. Throws `DeployError`.
 * @param known what {@link lookAhead} found
 */
export async function pull(
  app: string,
  image: { repository: string; digest: string },
  known: Held | undefined,
  { images, registry, clock }: { images: ImageStore; registry: Registry; clock: Clock },
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<string> {
  if (known?.isKept === true) return WAS_THERE
  const ask = async (isMissing: boolean) => {
    try {
      return await images.pull(image, { progress, signal, isMissing, keepFor: app })
    } catch (error) {
      throw await inFull(error, () => registry.platforms(image, signal))
    }
  }
  const said = (message: string) => progress({ message })
  let isThere = known !== undefined
  for (let tries = 1; ; tries++) {
    const first = tries === 1
    const { pulled, isKept } = isThere
      ? { pulled: false, isKept: false }
      : await retryLater(() => ask(first), { clock, said, signal })
    if (isKept || (await images.keep(app, image)) || tries === TRIES) {
      return pulled ? 'pulled, and its digest is right' : WAS_THERE
    }
    isThere = false
  }
}

/** Asks for the image once. Whatever the registry answers is left to the pull. */
async function requireRegistry(
  image: { repository: string; digest: string },
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  try {
    await registry.platforms(image, signal)
  } catch (cause) {
    if (!(cause instanceof DeployError) || cause.code !== 'registry_unreachable') return
    throw new DeployError(
      cause.code,
      `${image.digest} is no longer on this machine, and has to come from its registry: ${cause.message}`,
      {
        hint: 'roll back to a digest that is still here (docker images --digests; `keep` says how many are kept), or try again when the registry answers',
        cause,
      },
    )
  }
}

/** The engine keeps to itself when a registry wants to be asked again, and what an image was built for: the registry tells. */
async function inFull(error: unknown, platforms: () => Promise<string[]>): Promise<unknown> {
  if (!(error instanceof DeployError)) return error
  const { code, message, hint = '' } = error
  if (code !== 'registry_busy' && code !== 'platform_missing') return error
  try {
    const built = (await platforms()).join(', ')
    return code === 'registry_busy' || built === ''
      ? error
      : new DeployError(code, `${message}; it was built for ${built}`, { hint, cause: error })
  } catch (told) {
    return told instanceof DeployError && told.code === code ? told : error
  }
}
