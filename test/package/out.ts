import { createHash } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')
/** What `npm run package` made. */
export const OUT = join(ROOT, 'out')
export const EXECUTABLE = join(OUT, `deploy-receiver-linux-${process.arch}`)

/** The files below a folder, each with its checksum and mode. */
export function filesBelow(folder: string): Record<string, string> {
  const files = globSync('**', { cwd: folder }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  )
  return Object.fromEntries(
    files.sort().map((name) => {
      const sum = createHash('sha256').update(readFileSync(join(folder, name)))
      const mode = (statSync(join(folder, name)).mode & 0o777).toString(8)
      return [name, `${sum.digest('hex')} ${mode}`]
    }),
  )
}
