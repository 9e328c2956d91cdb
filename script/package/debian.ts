import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Making, ROOT } from './making.ts'
import type { Arch } from './node-binary.ts'

const run = promisify(execFile)

/** Makes the Debian package of an executable that is there. Where there is no dpkg there is none, which is said. */
export async function makeDebianPackage(
  arch: Arch,
  { out, epoch }: Pick<Making, 'out' | 'epoch'>,
): Promise<void> {
  try {
    await run('dpkg-deb', ['--version'])
  } catch {
    console.error(`no Debian package for ${arch}: dpkg-deb is not there (apt-get install dpkg)`)
    return
  }
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) }
  await run(join(ROOT, 'script/package/deb'), [arch, out], { env })
}
