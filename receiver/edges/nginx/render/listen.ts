import { existsSync } from 'node:fs'

/** Is there exactly when the kernel has IPv6. */
const IPV6 = '/proc/net/if_inet6'

/**
 * The addresses as they may stand in the file of each app on this machine. Without IPv6 in the kernel Nginx cannot even test a
 * file with `[::]:80`, and nobody could come by it. An option of a socket may be said once in all of Nginx's config, and
 * `ipv6only=on` is the default.
 */
export function inEachFile(listen: readonly string[], ipv6 = IPV6): string[] {
  const here = existsSync(ipv6) ? listen : listen.filter((each) => !each.startsWith('[::]:'))
  return (here.length > 0 ? here : listen).map((each) => each.replaceAll(' ipv6only=on', ''))
}

/**
 * The server blocks of one file, of which several may listen at an address: an option of its socket may be said once, and one site is
 * the default. The first of them has these.
 */
export function inOneFile(blocks: readonly string[]): string[] {
  const said = new Set<string>()
  return blocks.map((block) =>
    block.replaceAll(/^ {2}listen (\S+) .*;$/gm, (line, address: string) => {
      const isFirst = !said.has(address)
      said.add(address)
      return isFirst ? line : line.replaceAll(/ (?:default_server|ipv6only=off)(?=[ ;])/g, '')
    }),
  )
}

/** Without the options of its socket. */
export const withoutOptions = (listen: string): string => listen.split(' ')[0] ?? listen
