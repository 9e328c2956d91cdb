import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { editsOf } from './edited.ts'
import { readIfThere, type Wanted } from './files.ts'
import { isOthersMark, withHead } from './mark.ts'
import { withoutOptions } from './render/listen.ts'
import { HEAD } from './render/text.ts'

/**
 * The file that opens the sockets of HTTP/3, for all sites: without `reuseport` a packet gets to any of Nginx's workers, and only one
 * knows the connection; and it may be said once for each address. Visitors of unknown names are turned away at the handshake, which
 * every Nginx with HTTP/3 can. It is there as long as a site says `quic`. No app is called so: a name has no dot.
 */
export function http3Socket(
  changing: readonly Wanted[],
  {
    directory,
    installation,
    listens,
  }: { directory: string; installation: string; listens: readonly string[] },
): Wanted[] {
  const file = join(directory, 'deploy-receiver.http3.socket.conf')
  const there = readIfThere(file)
  const asks = changing.some(({ text = '' }) => QUIC.test(text))
  // whether others do is of interest for what is there alone: their files are not read for each app that has no use for it
  if (there === undefined && !asks) return []
  const isNeeded = asks || areOthers(directory, changing, file)
  const wanted = {
    file,
    text: isNeeded ? withHead(installation, block(listens), { listens }) : undefined,
  }
  if (there === undefined) return [wanted]
  // another installation at this Nginx has opened them, or somebody knows better
  if (isOthersMark(there, installation)) return []
  return editsOf('', [wanted]).some(({ kind }) => kind === 'edited') ? [] : [wanted]
}

const QUIC = /^ *listen [^;\n]{1,100} quic;$/m

/** Whether another site of a receiver in the folder says it: they are read up to the first that does. */
function areOthers(directory: string, changing: readonly Wanted[], but: string): boolean {
  const skipped = new Set([but, ...changing.map(({ file }) => file)])
  return listed(directory)
    .filter((name) => /^deploy-receiver\..*\.conf$/.test(name))
    .map((name) => join(directory, name))
    .some((file) => !skipped.has(file) && QUIC.test(readIfThere(file) ?? ''))
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // writing says what is wrong with it
    return []
  }
}

const block = (listens: readonly string[]) => `${HEAD}server {
${listens.map((listen) => `  listen ${withoutOptions(listen)} quic reuseport;\n`).join('')}  server_name "";
  ssl_reject_handshake on;
  return 444;
}
`
