import { join } from 'node:path'

// How these sources are installed: as files. In a bundle another file stands in place of this one (script/package/bundle.ts).

/** The program as others start it: Certbot, by its absolute path. */
export const PROGRAM = join(import.meta.dirname, '../bin/deploy-receiver')

/** What the watchdog's thread runs: a file, or in a bundle, which is one file, its text. */
export const WATCHDOG_THREAD: URL | string = new URL('./serve/watchdog-worker.ts', import.meta.url)
