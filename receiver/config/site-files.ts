import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { SiteSettings } from '../core/site.ts'
import { warnOfAccess } from './file-access.ts'
import { warnOfUnreadable } from './nginx-user.ts'
import type { Field, Reader } from './reader.ts'

const OFF = /^(?:off|no|false)$/i
const PATH = /^\/[A-Za-z0-9._/-]+$/

/** Names and passwords of who may come in: what `htpasswd` makes. */
export function readPasswords(reader: Reader, field: Field): string | undefined {
  const file = readPath(reader, field)
  if (file === undefined) return undefined
  if (isThere(reader, field, file, 'nobody gets in')) {
    warnOfUnreadable(reader, field, { file, effect: 'nobody gets in' })
  }
  return file
}

/** What Nginx itself can answer to a request for an app. */
const STATUSES = ['401', '403', '413', '429', '500', '502', '503', '504']

/** Files by status, over those of `defaults`; `~` takes one of these out. */
export function readPages(
  reader: Reader,
  field: Field,
  defaults: SiteSettings['errorPages'] = {},
): SiteSettings['errorPages'] {
  if (!reader.isMapping(field) && OFF.test(reader.text(field) ?? '')) return undefined
  const pages = { ...defaults }
  for (const [status, each] of reader.mapping(field)) {
    if (!STATUSES.includes(status)) {
      const message = `${JSON.stringify(status)} is not a status that Nginx answers by itself`
      reader.problem(each, message, `those are: ${STATUSES.join(', ')}; others are the app's own`)
      continue
    }
    delete pages[status]
    const file = readPath(reader, each)
    if (file === undefined) continue
    pages[status] = file
    if (isThere(reader, each, file, IN_ITS_PLACE)) {
      warnOfUnreadable(reader, each, { file, effect: IN_ITS_PLACE })
    }
  }
  return Object.keys(pages).length === 0 ? undefined : pages
}

const IN_ITS_PLACE = 'visitors get a bare word in its place'

/** Directives of the administrator's own. */
export const readInclude = (reader: Reader, field: Field): string | undefined => {
  const file = readPath(reader, field)
  if (file !== undefined) isThere(reader, field, file, 'Nginx cannot start without it')
  return file
}

/** A file of the administrator's that Nginx reads, as an absolute path. Nothing for `off`. */
function readPath(reader: Reader, field: Field): string | undefined {
  const text = reader.text(field)
  if (text === undefined || OFF.test(text)) return undefined
  const file = resolve(dirname(reader.file), text)
  if (PATH.test(file) && !/^(?:|on|yes|true)$/i.test(text)) return file
  const hint = 'a path of letters, digits and . _ - /, beside this file or absolute'
  reader.problem(field, `${JSON.stringify(text)} is not a file for Nginx`, hint)
  return undefined
}

/** A file may come later than the config: what that means is said, and stands in the way of nothing else. */
function isThere(reader: Reader, field: Field, file: string, otherwise: string): boolean {
  warnOfAccess(reader, field, { file, holdsSecret: false })
  if (existsSync(file)) return true
  reader.warning(field, `${file} is not there: ${otherwise}`, 'create it')
  return false
}
