import type { Clock } from '../../core/clock.ts'
import type { KubernetesApi } from './api.ts'
import { ApiError } from './errors.ts'
import type { List, Meta } from './objects.ts'

/** After whatever ended a watch; each time that it could not even be begun twice as long. */
const AGAIN_MS = 1000
const LONGEST_MS = 30_000
/** The API server ends a watch after so long, and says once a minute that it is there (a bookmark). */
const WATCH_SECONDS = 300
const SILENT_MS = 100_000
/** An object is at most 1.5 MB where a cluster keeps them. */
const LONGEST_LINE = 8 * 1024 * 1024

/** Objects of a cluster that are followed while they change. */
export interface Watched<T> {
  /** As they are now: as they were told of, and while nobody tells, asked for. Throws what asking does. */
  objects(): Promise<readonly T[]>
  end(): void
}

interface Followed<T> {
  path: string
  list: () => Promise<List<T>>
  query?: Readonly<Record<string, string>>
  changed?: () => void
}

/**
 * Lists objects and watches them. A watch that ends is begun anew where it was; after anything else (410: the API server has forgotten
 * what is asked for, a line that is none, silence) they are listed again, and what came to be in between is there.
 */
export function watch<T extends { metadata: Meta }>(
  api: Pick<KubernetesApi, 'watch'>,
  { path, list, query = {}, changed = () => {} }: Followed<T>,
  { clock }: { clock: Pick<Clock, 'sleep'> },
): Watched<T> {
  const ended = new AbortController()
  /** By uid; `undefined` while nobody tells. */
  let told: Map<string, T> | undefined

  const listen = async (from: string, begun: () => void): Promise<never> => {
    let resourceVersion = from
    for (;;) {
      const silence = silenceSignal()
      const signal = AbortSignal.any([ended.signal, silence.signal])
      const asked = { ...query, resourceVersion, timeoutSeconds: String(WATCH_SECONDS) }
      try {
        const lines = linesOf(await api.watch(path, asked, signal))
        begun()
        for await (const line of lines) {
          silence.heard()
          const { type, object } = JSON.parse(line) as { type: string; object: T }
          if (type === 'ERROR') throw new ApiError(410, { message: 'the watch is over' })
          resourceVersion = object.metadata.resourceVersion
          if (type === 'BOOKMARK') continue
          if (type === 'DELETED') told?.delete(object.metadata.uid)
          else told?.set(object.metadata.uid, object)
          changed()
        }
      } catch (error) {
        // nothing happened: it goes on from where it was
        if (!silence.signal.aborted || ended.signal.aborted) throw error
      } finally {
        silence.end()
      }
      await clock.sleep(AGAIN_MS, ended.signal)
    }
  }

  const follow = async () => {
    let againMs = AGAIN_MS
    let before = ''
    while (!ended.signal.aborted) {
      try {
        const { metadata, items } = await list()
        told = new Map(items.map((item) => [item.metadata.uid, item]))
        const versions = items.map((item) => item.metadata.resourceVersion).join()
        if (versions !== before) changed()
        before = versions
        await listen(metadata.resourceVersion ?? '', () => {
          againMs = AGAIN_MS
        })
      } catch {
        // whoever asks meanwhile is told why it cannot be had
      }
      told = undefined
      await clock.sleep(againMs, ended.signal).catch(() => {})
      againMs = Math.min(2 * againMs, LONGEST_MS)
    }
  }
  void follow()
  return {
    objects: async () => (told === undefined ? (await list()).items : [...told.values()]),
    end: () => ended.abort(),
  }
}

function silenceSignal() {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => over.abort(), SILENT_MS).unref()
  }
  heard()
  return { signal: over.signal, heard, end: () => clearTimeout(timer) }
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new Error('a line of a watch without an end')
    yield* lines.filter((line) => line !== '')
  }
}
