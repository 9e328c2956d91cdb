import type { Clock } from '../../core/clock.ts'
import type { Connection } from './connection.ts'
import type { List, Meta } from './objects.ts'

const AGAIN_MS = 1000

/** Objects of a cluster that are followed while they change. */
export interface Watched<T> {
  /** As they are now: as they were told of, and while nobody tells, asked for. Throws what asking does. */
  objects(): Promise<readonly T[]>
  end(): void
}

interface Followed<T> {
  path: string
  list: () => Promise<List<T>>
  labels?: string
  fields?: string
  changed?: () => void
}

/**
 * Lists objects and watches them, anew whenever the API server ends that: it does every few minutes, and when it has forgotten what is
 * asked for (410). What came to be in between is in the next list.
 */
export function watch<T extends { metadata: Meta }>(
  connection: Connection,
  { path, list, labels, fields, changed = () => {} }: Followed<T>,
  { clock }: { clock: Pick<Clock, 'sleep'> },
): Watched<T> {
  const ended = new AbortController()
  let told: { list(): readonly unknown[] } | undefined

  const follow = async () => {
    const { ListWatch, Watch } = await import('./client.ts')
    while (!ended.signal.aborted) {
      const watcher = new Watch(connection.config)
      const informer = new ListWatch(path, watcher, list as never, false, labels, fields)
      const over = new AbortController()
      informer.on('error', () => over.abort())
      for (const verb of ['add', 'update', 'delete'] as const) informer.on(verb, changed)
      const isOver = aborted(AbortSignal.any([ended.signal, over.signal]))
      await Promise.race([informer.start(), isOver])
      if (!over.signal.aborted) told = informer
      await isOver
      told = undefined
      await informer.stop()
      await clock.sleep(AGAIN_MS, ended.signal).catch(() => {})
    }
  }
  // what it cannot have is asked for, and says why
  void follow().catch(() => {
    told = undefined
  })
  return {
    objects: async () =>
      told === undefined ? (await list()).items : (told.list() as readonly T[]),
    end: () => ended.abort(),
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
