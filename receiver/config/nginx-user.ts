import { readFileSync } from 'node:fs'
import { modeOf, wayTo } from './file-access.ts'
import type { Field, Reader } from './reader.ts'

const NGINX_CONF = '/etc/nginx/nginx.conf'

/** Somebody of this machine, with all the groups he is in. */
interface User {
  name: string
  uid: number
  gids: readonly number[]
}

/**
 * Warns of a file that Nginx's workers, who are another user than reads its config, cannot read. Nothing is said where nginx.conf
 * names nobody: then Nginx is elsewhere, or whoever started it.
 * @param effect what visitors get of it
 */
export function warnOfUnreadable(
  reader: Reader,
  field: Field,
  { file, effect, conf = NGINX_CONF }: { file: string; effect: string; conf?: string },
): void {
  const [, name, group] =
    /^[ \t]*user[ \t]+([\w.-]+)(?:[ \t]+([\w.-]+))?[ \t]*;/m.exec(textOf(conf)) ?? []
  const user = name === undefined ? undefined : find(name, group)
  const closed = user === undefined ? undefined : whatIsClosed(file, user)
  if (user === undefined || closed === undefined) return
  const { path, stats } = closed
  const remedy = stats.isDirectory()
    ? `chmod o+x ${path}`
    : `chgrp ${group ?? user.name} ${path} && chmod g+r ${path}`
  const why = `${path} has mode ${modeOf(stats)}`
  reader.warning(
    field,
    `${user.name}, who Nginx's workers are, cannot read ${file}: ${why}; ${effect}`,
    remedy,
  )
}

const [READ, ENTER] = [0o4, 0o1]

/** What of the way to a file is not for a user: a folder, or the file itself. */
function whatIsClosed(file: string, { uid, gids }: User) {
  if (uid === 0) return undefined
  return wayTo(file).find(({ stats }) => {
    const shift = stats.uid === uid ? 6 : gids.includes(stats.gid) ? 3 : 0
    const needed = stats.isDirectory() ? ENTER : READ
    return ((stats.mode >> shift) & needed) === 0
  })
}

function find(name: string, group: string | undefined): User | undefined {
  const user = linesOf('/etc/passwd').find((parts) => parts[0] === name)
  if (user === undefined) return undefined
  const groups = linesOf('/etc/group')
  const own = group === undefined ? user[3] : groups.find((parts) => parts[0] === group)?.[2]
  const further = groups.filter((parts) => (parts[3] ?? '').split(',').includes(name))
  const gids = [own, ...further.map((parts) => parts[2])]
  return { name, uid: Number(user[2]), gids: gids.map(Number) }
}

const linesOf = (file: string): string[][] =>
  textOf(file)
    .split('\n')
    .map((line) => line.split(':'))

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
