import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleReceiver } from '../../script/package/bundle.ts'
import { ROOT } from '../../script/package/making.ts'
import { VERSION } from '../../receiver/version.ts'

/**
 * Builds the receiver as its npm package has it, in one file: a run starts it hundreds of times, each in half of the processor time that
 * its sources take. Resolves to the program.
 */
export async function buildProgram(dir: string): Promise<string> {
  await bundleReceiver(join(dir, 'receiver'), VERSION)
  const script = await readFile(join(ROOT, 'install/npm/deploy-receiver'), 'utf8')
  const program = join(dir, 'bin/deploy-receiver')
  await mkdir(join(dir, 'bin'))
  // the Node of this run, whatever is on the PATH of a test
  const found = 'node=$(command -v node || true)'
  if (!script.includes(found))
    throw new Error('install/npm/deploy-receiver looks for Node in another way')
  await writeFile(
    program,
    script.replace(found, () => `node='${process.execPath}'`),
    { mode: 0o755 },
  )
  return program
}
