import { onDefaultBranch, type RunContext } from './context.ts'
import { ActionError } from './error.ts'

/**
 * Fills docker/metadata-action's expressions in: `{{branch}}`, `{{tag}}`, `{{sha}}`, `{{base_ref}}`, `{{is_default_branch}}`,
 * `{{is_not_default_branch}}`, `{{date 'YYYYMMDD' tz='Europe/Berlin'}}`, `{{commit_date 'YYYYMMDD'}}`, and `words`.
 * @throws ActionError `bad_input` for another one.
 */
export const fillTemplate = (
  text: string,
  run: RunContext,
  now: Date,
  words: Readonly<Record<string, string>> = {},
): string =>
  text.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (whole, expression: string) => {
    const [, name = '', format, zone] =
      /^(\w+)(?:\s+'([^']*)')?(?:\s+tz='([^']*)')?$/.exec(expression) ?? []
    const value = words[name] ?? valueOf(name, { format, zone, run, now })
    if (value !== undefined) return value
    throw new ActionError('bad_input', `input tags: ${whole} is not known here`, {
      hint: `Write one of ${[...Object.keys(words), ...NAMES].map((each) => `{{${each}}}`).join(' ')}.`,
    })
  })

const NAMES = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'is_default_branch',
  'is_not_default_branch',
  "date 'YYYYMMDD'",
  "commit_date 'YYYYMMDD'",
]

function valueOf(
  name: string,
  {
    format,
    zone,
    run,
    now,
  }: { format: string | undefined; zone: string | undefined; run: RunContext; now: Date },
): string | undefined {
  switch (name) {
    case 'branch':
      return run.ref.startsWith('refs/heads/') ? run.ref.slice('refs/heads/'.length) : ''
    case 'tag':
      return run.ref.startsWith('refs/tags/') ? run.ref.slice('refs/tags/'.length) : ''
    case 'sha':
      return run.sha.slice(0, 7)
    case 'base_ref':
      return run.baseRef
    case 'is_default_branch':
      return String(onDefaultBranch(run))
    case 'is_not_default_branch':
      return String(!onDefaultBranch(run))
    case 'date':
      return formatDate(now, format, zone)
    case 'commit_date':
      return formatDate(run.committedAt ?? now, format, zone)
    default:
      return undefined
  }
}

/** Moment's tokens, as far as tags have use for them. */
const TOKENS = /YYYY|YY|MM|M|DD|D|HH|H|mm|ss|X|\[[^\]]*\]/g

function formatDate(date: Date, format = 'YYYY-MM-DDTHH:mm:ss', zone = 'UTC'): string {
  let parts: Record<string, string>
  try {
    const formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    parts = Object.fromEntries(
      formatter.formatToParts(date).map(({ type, value }) => [type, value]),
    )
  } catch (cause) {
    throw new ActionError('bad_input', `input tags: there is no time zone "${zone}"`, {
      hint: "Write one of the IANA database: tz='Europe/Berlin'.",
      cause,
    })
  }
  const { year = '', month = '', day = '', hour = '', minute = '', second = '' } = parts
  const values: Readonly<Record<string, string>> = {
    YYYY: year,
    YY: year.slice(-2),
    MM: month,
    M: String(Number(month)),
    DD: day,
    D: String(Number(day)),
    HH: hour,
    H: String(Number(hour)),
    mm: minute,
    ss: second,
    X: String(Math.floor(date.getTime() / 1000)),
  }
  return format.replace(TOKENS, (token) => values[token] ?? token.slice(1, -1))
}
