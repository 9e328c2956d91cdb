import { createHash } from 'node:crypto'
import { DeployError } from '../../core/errors.ts'
import type { Flags } from '../slots.ts'

const MARK = /^# deploy-receiver installation (\S{1,64})\n/
const SUMS =
  /^# sha256 ([0-9a-f]{64}) of ([0-9a-f]{64}): what is changed below stays until `deploy-receiver reload --overwrite`\n/

/**
 * The file of an installation. Its first line says whose it is, the second one has the checksums of what follows and of the
 * settings that it was made of: by the first one sees that somebody edited it, by the second whether the config wants another
 * file by now, and not only a newer receiver other words. So a setting that a version adds has to be left out while it is at its default.
 */
export const withHead = (installation: string, text: string, settings: object): string =>
  `# deploy-receiver installation ${installation}
# sha256 ${sha256(text)} of ${sha256(canonical(settings))}: what is changed below stays until \`deploy-receiver reload --overwrite\`
${text}`

/** The installation that a file says that it is of. */
export const installationOf = (text: string): string | undefined => MARK.exec(text)?.[1]

/** What a file holds below its head, whoever it is of. */
export const bodyOf = (text: string): string => text.replace(MARK, '').replace(SUMS, '')

/** Whether a file says that it is another installation's. */
export function isOthersMark(text: string, installation: string): boolean {
  const mark = MARK.exec(text)?.[1]
  return mark !== undefined && mark !== installation
}

/** The checksums in a file's head; an older receiver wrote none. */
export function sumsOf(text: string): { body: string; settings: string } | undefined {
  const [, body = '', settings = ''] = SUMS.exec(text.replace(MARK, '')) ?? []
  return body === '' ? undefined : { body, settings }
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The same text for the same settings, whatever order they were put together in. */
const canonical = (settings: object): string =>
  JSON.stringify(settings, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )

/**
 * Whether an app's files are another installation's. Files without a line on that are older than it: then they name the flags
 * of the data directory that they were written for.
 */
export function isOthers(
  texts: readonly string[],
  { installation, flags }: { installation: string; flags: Flags },
): boolean {
  const marks = texts.flatMap((text) => installationOf(text) ?? [])
  if (marks.length > 0) return marks.some((mark) => mark !== installation)
  return texts.length > 0 && !texts.some((text) => text.includes(`(-f ${flags.green})`))
}

export const othersFile = (file: string, app: string): DeployError =>
  new DeployError('not_ours', `${file} is there already, and this receiver did not write it`, {
    hint: `another receiver has an app ${app} at this Nginx: give one of them another name, or this receiver an nginx.directory of another Nginx; if nobody needs the file, remove it`,
  })
