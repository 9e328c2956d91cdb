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
  const isNeeded = textsOf(directory, changing, file).some((text) => QUIC.test(text))
  const wanted = {
    file,
    text: isNeeded ? withHead(installation, block(listens), { listens }) : undefined,
  }
  const there = readIfThere(file)
  if (there === undefined) return isNeeded ? [wanted] : []
  // another installation at this Nginx has opened them, or somebody knows better
  if (isOthersMark(there, installation)) return []
  return editsOf('', [wanted]).some(({ kind }) => kind === 'edited') ? [] : [wanted]
}

const QUIC = /^ *listen [^;\n]{1,100} quic;$/m

/** Of all sites of receivers in the folder, as they will be. */
function textsOf(directory: string, changing: readonly Wanted[], but: string): string[] {
  const names = listed(directory).filter((name) => /^deploy-receiver\..*\.conf$/.test(name))
  const files = new Set([
    ...names.map((name) => join(directory, name)),
    ...changing.map((each) => each.file),
  ])
  files.delete(but)
  return [...files].flatMap((file) => {
    const next = changing.find((each) => each.file === file)
    return (next === undefined ? readIfThere(file) : next.text) ?? []
  })
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
