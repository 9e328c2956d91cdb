import { fsync, openSync } from 'node:fs'

/** A deployment commits a dozen times within so long, and the engine waits for the same disk meanwhile. */
const SOON_MS = 100

/**
 * Has what was committed without waiting for the disk reach it soon, in the background: one write for all that came meanwhile. One that
 * fails is told by the next transaction that waits, which writes the same file.
 */
export function createFlush(
  file: string,
  {
    write = fsync,
    soon = (work) => void setTimeout(work, SOON_MS).unref(),
  }: {
    write?: (descriptor: number, ended: () => void) => void
    soon?: (work: () => void) => void
  } = {},
): () => void {
  let log: number | undefined
  let isPlanned = false
  let isUnderWay = false
  const flush = () => {
    if (isPlanned || log === undefined) return
    isPlanned = true
    const descriptor = log
    soon(() => {
      // who comes from here on may have committed too late for this one
      isPlanned = false
      if (isUnderWay) return flush()
      isUnderWay = true
      write(descriptor, () => void (isUnderWay = false))
    })
  }
  return () => {
    // SQLite has it from its first write until it closes the database
    log ??= openSync(`${file}-wal`, 'r')
    flush()
  }
}
