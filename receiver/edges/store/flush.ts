import { fsync, openSync } from 'node:fs'

/**
 * Has what was committed without waiting for the disk reach it at once, in the background: one write for all that came meanwhile. One that
 * fails is told by the next transaction that waits, which writes the same file.
 */
export function createFlush(
  file: string,
  write: (descriptor: number, ended: () => void) => void = fsync,
): () => void {
  let log: number | undefined
  let isUnderWay = false
  let isWanted = false
  const flush = () => {
    isWanted = true
    if (isUnderWay) return
    isWanted = false
    isUnderWay = true
    // SQLite has it from its first write until it closes the database
    log ??= openSync(`${file}-wal`, 'r')
    write(log, () => {
      isUnderWay = false
      if (isWanted) flush()
    })
  }
  return flush
}
