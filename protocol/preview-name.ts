import { createHash } from 'node:crypto'

/** Between the name of an app and that of a preview of it. */
const BETWEEN = '--'
/** A label of DNS (RFC 1035, section 2.3.4): the two of them are one. */
const LONGEST = 63
const HASH_DIGITS = 8
/** As long as an app's name may be, so that its previews can be told apart. */
export const LONGEST_APP_WITH_PREVIEWS = LONGEST - BETWEEN.length - HASH_DIGITS - '-x'.length

/** `api--pr-42`: the app that a preview of `api` is. */
export const previewApp = (app: string, preview: string): string => `${app}${BETWEEN}${preview}`

/** Whether an app of this name could be a preview of that one. */
export const isPreviewOf = (app: string, other: string): boolean =>
  app.startsWith(`${other}${BETWEEN}`)

export const pullRequestPreview = (number: string): string => `pr-${number}`

/**
 * The preview of a branch: its name where that is a label of DNS that stands for no other, else what is left of it, and a hash. No two
 * branches of an app have the same, and none has that of a pull request.
 */
export function branchPreview(app: string, branch: string): string {
  const isOwn = isLabel(app, branch) && !/^pr-\d+$/.test(branch) && !HASHED.test(branch)
  if (isOwn) return branch
  const hash = createHash('sha256').update(branch).digest('hex').slice(0, HASH_DIGITS)
  const room = LONGEST - previewApp(app, '').length - HASH_DIGITS - 1
  const words = branch
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
    .join('-')
  const start = words.slice(0, room).replace(/-$/, '')
  return start === '' ? `x-${hash}` : `${start}-${hash}`
}

/** What a sender calls a preview: by the name that it has, or by that of a branch. */
export const calledPreview = (app: string, text: string): string =>
  isLabel(app, text) ? text : branchPreview(app, text)

const isLabel = (app: string, text: string) =>
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && previewApp(app, text).length <= LONGEST

/** As the names are that are made here: a branch that is called so has another hash behind it. */
const HASHED = /-[0-9a-f]{8}$/
