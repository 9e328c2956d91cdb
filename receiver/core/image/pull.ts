import { retryLater } from './retry.ts'
import { DeployError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { Progress } from '../rollout.ts'
import type { ImageStore } from './image-store.ts'
import type { Registry } from './registry.ts'
import { lookFirst } from './look-first.ts'

/** Has the engine hold an image: one that is there asks nobody, one that is not fit for it is refused first. Throws `DeployError`. */
export async function pull(
  image: { repository: string; digest: string },
  { images, registry, clock }: { images: ImageStore; registry: Registry; clock: Clock },
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<string> {
  if (!(await images.holds(image))) await lookFirst(image, { images, registry }, signal)
  const ask = async () => {
    try {
      return await images.pull(image, { progress, signal })
    } catch (error) {
      throw await inFull(error, () => registry.platforms(image, signal))
    }
  }
  const said = (message: string) => progress({ message })
  const { pulled } = await retryLater(ask, { clock, said, signal })
  return pulled ? 'pulled, and its digest is right' : 'was there already'
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
