import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Making } from './making.ts'

/** Writes the SHA-256 of each file that a release has, as `sha256sum --check` reads them. */
export async function writeSums({ out }: Pick<Making, 'out'>): Promise<void> {
  const entries = await readdir(out, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const lines = await Promise.all(
    names.sort().map(async (name) => {
      const sum = createHash('sha256').update(await readFile(join(out, name)))
      return `${sum.digest('hex')}  ${name}\n`
    }),
  )
  await writeFile(join(out, 'SHA256SUMS'), lines.join(''))
}
