import Handlebars, { type HelperOptions } from 'handlebars'
import { ActionError } from '../error.ts'
import { formatDate } from './dates.ts'
import { branchOf, isDefaultBranch, type Naming, shortSha, tagOf } from './naming.ts'

/**
 * Fills docker/metadata-action's expressions in, which are Handlebars': `{{branch}}`, `{{tag}}`, `{{sha}}`, `{{base_ref}}`,
 * `{{is_default_branch}}`, `{{is_not_default_branch}}`, `{{date 'YYYYMMDD' tz='Europe/Berlin'}}`, `{{commit_date 'YYYYMMDD'}}`,
 * and `words`. A tag is not HTML, so nothing is escaped.
 * @throws ActionError `bad_input` for another one.
 */
export const fillTemplate = (
  text: string,
  naming: Naming,
  words: Readonly<Record<string, unknown>> = {},
): string => {
  if (!text.includes('{{')) return text
  const known = { ...expressions(naming), ...words }
  try {
    return Handlebars.compile(text, { noEscape: true, strict: true })(known)
  } catch (cause) {
    if (cause instanceof ActionError) throw cause
    const [why = ''] = cause instanceof Error ? cause.message.split('\n') : []
    const unknown = /^"(.*)" not defined in/.exec(why)?.[1]
    const fault = unknown === undefined ? why : `{{${unknown}}} is not known here`
    throw new ActionError('bad_input', `"${text}": ${fault}`, {
      hint: `Write one of ${Object.keys(known)
        .map((name) => `{{${name}}}`)
        .join(' ')}; the dates take a format: {{date 'YYYYMMDD'}}.`,
      cause,
    })
  }
}

const expressions = (naming: Naming) => ({
  branch: branchOf(naming),
  tag: tagOf(naming),
  sha: shortSha(naming),
  base_ref: naming.baseRef,
  is_default_branch: String(isDefaultBranch(naming)),
  is_not_default_branch: String(!isDefaultBranch(naming)),
  date: dateHelper(naming.now),
  commit_date: dateHelper(naming.committedAt),
})

/** `{{date}}`, `{{date 'YYYY'}}`, `{{date 'YYYY' tz='Asia/Tokyo'}}`: Handlebars' own options come last. */
const dateHelper =
  (date: Date) =>
  (...given: [HelperOptions] | [format: unknown, HelperOptions]): string => {
    const [options, format] = given.toReversed() as [HelperOptions, unknown]
    const { tz = 'UTC', ...others } = options.hash as Record<string, unknown>
    const [other] = Object.keys(others)
    if (other !== undefined) {
      throw new ActionError('bad_input', `a date has no attribute "${other}"`, {
        hint: "Write {{date 'YYYYMMDD' tz='Europe/Berlin'}}.",
      })
    }
    return formatDate(date, typeof format === 'string' ? format : undefined, String(tz))
  }
