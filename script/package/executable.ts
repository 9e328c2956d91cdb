import { execFile } from 'node:child_process'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'postject'
import { BUNDLE } from './bundle.ts'
import type { Making } from './making.ts'
import { type Arch, writeNode } from './node-binary.ts'

const run = promisify(execFile)

/** What `bin/deploy-receiver` gives Node, for the same reasons. */
const OPTIONS = ['--max-semi-space-size=8', '--use-system-ca']

export const executableName = (arch: Arch): string => `deploy-receiver-linux-${arch}`

/** Makes one program of Node and the bundle. What V8 compiled goes in only where it can be run, which says that it is whole. */
export async function makeExecutable(arch: Arch, { out }: Pick<Making, 'out'>): Promise<void> {
  const file = join(out, executableName(arch))
  const making = `${file}.making`
  const config = `${file}.json`
  const blob = `${file}.blob`
  await writeNode(arch, making)
  await writeFile(
    config,
    JSON.stringify({
      // relative, since the blob keeps it
      main: join('receiver', BUNDLE),
      output: blob,
      disableExperimentalSEAWarning: true,
      useCodeCache: arch === process.arch,
      execArgv: OPTIONS,
      // NODE_OPTIONS holds as it does from the sources
      execArgvExtension: 'env',
    }),
  )
  // what V8 compiles is then the same each time, and taken all the same where it runs; fixed seeds of its own would not be
  await run(process.execPath, ['--predictable', '--experimental-sea-config', config], { cwd: out })
  await inject(making, 'NODE_SEA_BLOB', await readFile(blob), {
    sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2',
  })
  await chmod(making, 0o755)
  await rename(making, file)
  await Promise.all([rm(config), rm(blob)])
}
