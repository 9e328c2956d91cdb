import { fstatSync } from 'node:fs'

/** As syslog counts them: systemd's journal takes one from the beginning of each line (sd-daemon(3)). */
const PRIORITIES = { debug: 7, info: 6, warn: 4, error: 3 } as const

/**
 * What stands before a line of this file descriptor, for `journalctl -p err` to find it: nothing, unless the journal reads it itself,
 * which it says by the stream's device and inode (systemd.exec(5), `JOURNAL_STREAM`). Whoever only inherited the variable writes
 * elsewhere.
 */
export function prefixOf(
  fd: number,
  { JOURNAL_STREAM: stream }: Readonly<Record<string, string | undefined>>,
): (level: keyof typeof PRIORITIES) => string {
  if (stream === undefined || stream !== streamAt(fd)) return () => ''
  return (level) => `<${PRIORITIES[level]}>`
}

function streamAt(fd: number): string | undefined {
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    // it is closed
    return undefined
  }
}
