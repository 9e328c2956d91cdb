import { structuredPatch } from 'diff'
import { DeployError } from '../../core/errors.ts'
import type { OnEdit } from '../../core/on-edit.ts'
import { shorten } from '../../core/shorten.ts'
import { readIfThere, settle, type Wanted } from './files.ts'
import { bodyOf, sha256, sumsOf } from './mark.ts'

/** A file of ours that somebody edited, or took away. */
export interface Edit {
  app: string
  file: string
  /** Nothing of anybody's is lost when one that is gone is written again. */
  kind: 'edited' | 'gone'
  /** Whether the config wants another file by now, which only `reload --overwrite` writes. */
  isInTheWay: boolean
  /** Whether the receiver would write other words by now, if nobody had edited it. */
  isOutdated: boolean
  /** What somebody did to the receiver's text, as `diff -u` shows it: the first lines, safe to print. */
  difference: readonly string[]
}

/**
 * Which of an app's files may be written: those that nobody edited. If the edited one would read otherwise by now, the others stay
 * as well, since they belong together, but for what is gone. Throws `nginx_edited` when the config wants a change of the edited one
 * and that is to be refused.
 */
export function writable(
  app: string,
  wanted: readonly Wanted[],
  onEdit: OnEdit,
  edits: readonly Edit[] = editsOf(app, wanted),
): readonly Wanted[] {
  const edited = edits.filter(({ kind }) => kind === 'edited')
  if (edited.length === 0) return wanted
  if (onEdit === 'overwrite') {
    // a backup from before is older than what somebody did: if Nginx does not take ours, that comes back
    settle(edited)
    return wanted
  }
  const inTheWay = edited.find((each) => each.isInTheWay)
  if (inTheWay !== undefined && onEdit === 'refuse') {
    // the difference stays on this machine: what is thrown gets into the log of a workflow
    const message = `${inTheWay.file} was edited, and ${app} needs another one by now`
    throw new DeployError('nginx_edited', message, { hint: REMEDY })
  }
  const untouched = wanted.filter(({ file }) => edited.every((each) => each.file !== file))
  if (!edited.some(({ isOutdated }) => isOutdated)) return untouched
  if (inTheWay !== undefined) return []
  return untouched.filter(({ file }) => edits.some((each) => each.file === file))
}

const REMEDY =
  'deploy-receiver doctor shows what was done to it, and deploy-receiver reload --overwrite writes it anew without that; what of it has to last belongs into a site of your own: docs/swap.md'

/** What somebody did to the files of an app. Throws the file system's own error. */
export const editsOf = (app: string, wanted: readonly Wanted[]): Edit[] =>
  wanted.flatMap((each) => editOf(app, each) ?? [])

function editOf(app: string, { file, text }: Wanted): Edit | undefined {
  const there = readIfThere(file)
  if (there === undefined) {
    if (text === undefined) return undefined
    return { app, file, kind: 'gone', isInTheWay: false, isOutdated: false, difference: [] }
  }
  const [body, ours] = [bodyOf(there), text === undefined ? '' : bodyOf(text)]
  if (body === ours || !isEdited(there, body)) return undefined
  const [last, now] = [sumsOf(there), text === undefined ? undefined : sumsOf(text)]
  const isOutdated = last === undefined || last.body !== now?.body
  const isOther = last === undefined ? !saysTheSame(ours, body) : last.settings !== now?.settings
  const isInTheWay = text === undefined || (isOutdated && isOther)
  return { app, file, kind: 'edited', isInTheWay, isOutdated, difference: differenceOf(ours, body) }
}

function isEdited(text: string, body: string): boolean {
  const sums = sumsOf(text)
  return sums === undefined ? isNoOlderText(body) : sums.body !== sha256(body)
}

/** Whether in a text without a checksum there is what no receiver has written that wrote none. */
const isNoOlderText = (text: string): boolean =>
  text.includes('managed by Certbot') ||
  text.split('\n').some((line) => !OLDER.test(/^\s*([^\s;]*)/.exec(line)?.[1] ?? ''))

const OLDER =
  /^(?:|#.*|\}|upstream|map|server|server_name|listen|client_max_body_size|open_file_cache|set|if|error_page|location|internal|default_type|add_header|return|proxy_[a-z_]+)$/

/**
 * Whether a file without a checksum says all that an app's site depended on when none was written: its addresses, its flags and its
 * visitors' names.
 */
const saysTheSame = (ours: string, theirs: string): boolean =>
  factsOf(ours) === factsOf(theirs) && namesOf(ours).every((name) => namesOf(theirs).includes(name))

const factsOf = (text: string): string =>
  [...new Set(text.match(/(?<=\bserver )[\d.]+:\d+|(?<=-f )[^)]+/g))]
    .filter((fact) => !/\/(?:maintenance|heard|straight-(?:blue|green))$/.test(fact))
    .toSorted()
    .join(' ')

const namesOf = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => /^[ \t]*server_name ([^;]+);/.exec(line)?.[1]?.split(/\s+/) ?? [])
    .filter((name) => !/\.internal(?:\$")?$/.test(name))

const MAX_CHARACTERS = 200_000
const MAX_CHANGES = 400
const MAX_LINES = 14
const MAX_LINE = 120

function differenceOf(ours: string, theirs: string): string[] {
  const [before, after] = [ours, theirs.slice(0, MAX_CHARACTERS)]
  const options = { context: 1, maxEditLength: MAX_CHANGES }
  const patch = structuredPatch('', '', before, after, '', '', options)
  if (patch === undefined) return ['(nearly all of it)']
  const lines = patch.hunks.flatMap(({ newStart, lines: each }) => [
    `@@ line ${newStart + HEAD_LINES} @@`,
    ...each,
  ])
  const shown = lines
    .slice(0, MAX_LINES)
    .map((line) => shorten(line.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD'), MAX_LINE))
  const left = lines.length - shown.length
  return left === 0 ? shown : [...shown, `… and ${left} more lines`]
}

/** Our head stands above what is compared. */
const HEAD_LINES = 2
