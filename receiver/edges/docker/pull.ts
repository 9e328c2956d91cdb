import type { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { ImageInspectInfo } from 'dockerode'
import { parseImage } from '../../../protocol/image-reference.ts'
import { DeployError } from '../../core/errors.ts'
import { shorten } from '../../core/shorten.ts'
import type { AuthConfig } from './auth-config.ts'
import type { Clock } from '../../core/clock.ts'
import { REGISTRY_HINTS } from '../../core/image/registry.ts'
import type { Progress } from '../../core/rollout.ts'
import { isMissing, translate } from './errors.ts'
import { JSON_LINE_BYTES, linesOf } from './lines.ts'
import { retryReads } from './retry-reads.ts'

const PROGRESS_EVERY_MS = 500
/** Docker says something at least every few seconds, also while it unpacks. */
const SILENCE_MS = 3 * 60 * 1000

const SHOWN_CHARACTERS = 1000

/**
 * Pulls `repository@digest`, and checks afterwards that Docker holds it under just that digest, while it is kept. Throws
 * `DeployError`.
 */
export async function pull(
  docker: Docker,
  image: { repository: string; digest: string },
  {
    login,
    clock,
    progress,
    signal,
    keep = async () => false,
    silenceMs = SILENCE_MS,
  }: {
    login: AuthConfig | undefined
    clock: Clock
    progress: Progress
    signal: AbortSignal
    /** Has it kept; resolves to whether it was there to be. */
    keep?: () => Promise<boolean>
    /** A pull of which nothing is heard for so long is given up. */
    silenceMs?: number
  },
): Promise<{ info: ImageInspectInfo; isKept: boolean }> {
  const reference = `${image.repository}@${image.digest}`
  const silence = watchForSilence(silenceMs)
  try {
    const stream = await docker.createImage(login, {
      fromImage: image.repository,
      tag: image.digest,
      abortSignal: AbortSignal.any([signal, silence.signal]),
    })
    await follow(stream as Readable, { clock, progress, heard: silence.heard })
  } catch (error) {
    signal.throwIfAborted()
    const reason: unknown = silence.signal.aborted ? silence.signal.reason : error
    throw translate(reason, `cannot pull ${reference}`, 'pull_failed')
  } finally {
    silence.end()
  }
  const [info, kept] = await Promise.all([held(docker, image), keep()])
  if (info !== undefined) return { info, isKept: kept }
  throw new DeployError(
    'digest_mismatch',
    `Docker pulled ${reference} but does not hold that digest`,
    { hint: REGISTRY_HINTS.otherBytes },
  )
}

/** A signal that aborts when nothing was heard for so long, also before the first word. */
function watchForSilence(silenceMs: number) {
  const silence = new AbortController()
  const timer = setTimeout(
    () =>
      silence.abort(new Error(`timeout: nothing was heard of the pull for ${silenceMs / 1000} s`)),
    silenceMs,
  )
  return {
    signal: silence.signal,
    heard: () => void timer.refresh(),
    end: () => clearTimeout(timer),
  }
}

interface PullLine {
  id?: string
  status?: string
  error?: string
  progressDetail?: { current?: number; total?: number }
}

async function follow(
  stream: Readable,
  { clock, progress, heard }: { clock: Clock; progress: Progress; heard: () => void },
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>()
  let shownAt = clock.ms()
  let shown = ''
  let failure: string | undefined
  for await (const text of linesOf(stream, JSON_LINE_BYTES)) {
    heard()
    const line = parse(text)
    // the answer was 200 long ago; what goes wrong later is a line among the others
    failure ??= line.error
    if (line.id === undefined || line.status !== 'Downloading') continue
    const { current = 0, total = 0 } = line.progressDetail ?? {}
    layers.set(line.id, { current, total })
    if (clock.ms() - shownAt < PROGRESS_EVERY_MS) continue
    const sum = [...layers.values()].reduce(
      (all, layer) => ({
        current: all.current + layer.current,
        total: all.total + layer.total,
      }),
      { current: 0, total: 0 },
    )
    const message = `${megabytes(sum.current)} of ${megabytes(sum.total)} MB`
    if (message === shown) continue
    shown = message
    shownAt = clock.ms()
    progress({ message, ...sum })
  }
  if (failure !== undefined) throw new Error(failure)
}

/** A line that is cut is an error's, with what a registry said: nothing else is so long. */
function parse(text: string): PullLine {
  if (text === '') return {}
  try {
    return (JSON.parse(text) ?? {}) as PullLine
  } catch {
    return { error: shorten(text, SHOWN_CHARACTERS) }
  }
}

const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1)

/** The image, if Docker knows it by this repository and digest. Docker shortens the names of Docker Hub. */
export async function held(
  docker: Docker,
  { repository, digest }: { repository: string; digest: string },
): Promise<ImageInspectInfo | undefined> {
  try {
    const image = docker.getImage(`${repository}@${digest}`)
    const info = await retryReads(() => image.inspect())
    const isHeld = (info.RepoDigests ?? []).some((text) => {
      const known = parseImage(text)
      return known.repository === repository && known.digest === digest
    })
    return isHeld ? info : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw translate(error, `cannot look at ${repository}@${digest}`, 'pull_failed')
  }
}
