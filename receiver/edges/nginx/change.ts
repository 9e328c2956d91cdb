import { DeployError } from '../../core/errors.ts'
import type { Ensured } from '../../core/slots/ports.ts'
import { isNobodyAt } from './ask/visit.ts'
import { isSettled, put, restore, settle, sign, type Wanted } from './files.ts'
import type { NginxSettings, Program } from './program.ts'

/**
 * Writes files that are not as wanted, has Nginx test them and read them. What it does not take is put back. Throws
 * `nginx_failed`.
 * @param prepare is called before the first file is written
 */
export async function change(
  wanted: readonly Wanted[],
  {
    nginx,
    program,
    prepare = () => {},
  }: { nginx: NginxSettings; program: Program; prepare?: () => void },
): Promise<Ensured> {
  const changed = onDisk(nginx, () => {
    sign(wanted)
    const unsettled = wanted.filter((each) => !isSettled(each))
    if (unsettled.length === 0) return unsettled
    prepare()
    try {
      put(unsettled)
    } catch (error) {
      restore(unsettled)
      throw error
    }
    return unsettled
  })
  if (changed.length === 0) return { changed: false, warnings: [] }
  let warnings: readonly string[]
  try {
    warnings = await program.test()
  } catch (cause) {
    onDisk(nginx, () => restore(changed))
    // Nginx reads its files a moment after it is told to: after a reload just now it may have met these
    if (program.lastReload() === 'taken') await program.reload().catch(() => {})
    throw cause
  }
  try {
    await program.reload()
  } catch (cause) {
    // what does not run takes its files when it starts
    if (!(await isDown(program, nginx))) {
      throw new DeployError('nginx_failed', reasonOf(cause), {
        hint: 'is Nginx running? systemctl start nginx; the new file is in place and takes effect when it starts',
        cause,
      })
    }
  }
  onDisk(nginx, () => settle(changed))
  return { changed: true, warnings }
}

/** Whether nobody listens where Nginx would. One with another network may be reached at other ports. */
async function isDown(program: Program, { listen }: NginxSettings): Promise<boolean> {
  if (program.elsewhere !== undefined) return false
  const listens = (await program.serverBlocks())?.flatMap((block) => block.listens) ?? []
  return isNobodyAt(listens.length > 0 ? listens : listen)
}

/** Does something with Nginx's files. What the file system says becomes `nginx_failed`. */
export function onDisk<T>({ directory }: NginxSettings, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof DeployError) throw cause
    throw new DeployError('nginx_failed', `cannot write Nginx's files: ${reasonOf(cause)}`, {
      hint: `check nginx.directory (${directory}): it and its parent must exist, and the receiver must be allowed to write there`,
      cause,
    })
  }
}

export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
