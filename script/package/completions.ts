import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BUNDLE } from './bundle.ts'
import type { Making } from './making.ts'

/** By the names that the shells look for. */
const FILES = {
  bash: 'deploy-receiver.bash',
  zsh: '_deploy-receiver',
  fish: 'deploy-receiver.fish',
} as const

/** Writes what each shell has to read, as the bundle prints it, to `completions/`. */
export async function writeCompletions({ out }: Pick<Making, 'out'>): Promise<void> {
  const folder = join(out, 'completions')
  await mkdir(folder, { recursive: true })
  for (const [shell, file] of Object.entries(FILES)) {
    const bundle = join(out, 'receiver', BUNDLE)
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, 'completion', shell])
    await writeFile(join(folder, file), stdout)
  }
}
