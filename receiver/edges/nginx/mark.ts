import { DeployError } from '../../core/errors.ts'
import type { Flags } from '../slots.ts'

const MARK = /^# deploy-receiver installation (\S{1,64})\n/

/** The file of an installation: its first line says whose it is. */
export const marked = (installation: string, text: string): string =>
  `# deploy-receiver installation ${installation}\n${text}`

/** What a file holds, whoever it is of. */
export const unmarked = (text: string): string => text.replace(MARK, '')

/**
 * Whether an app's files are another installation's. Files without a line on that are older than it: then they name the flags
 * of the data directory that they were written for.
 */
export function isOthers(
  texts: readonly string[],
  { installation, flags }: { installation: string; flags: Flags },
): boolean {
  const marks = texts.flatMap((text) => MARK.exec(text)?.[1] ?? [])
  if (marks.length > 0) return marks.some((mark) => mark !== installation)
  return texts.length > 0 && !texts.some((text) => text.includes(`(-f ${flags.green})`))
}

export const othersFile = (file: string, app: string): DeployError =>
  new DeployError('not_ours', `${file} is there already, and this receiver did not write it`, {
    hint: `another receiver has an app ${app} at this Nginx: give one of them another name, or this receiver an nginx.directory of another Nginx; if nobody needs the file, remove it`,
  })
