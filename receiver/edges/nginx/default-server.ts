import type { ServerBlock } from './ask/server-blocks.ts'

/** Where Nginx listens, in one spelling, whatever else a `listen` says: `*:80`, `[::]:80`, `127.0.0.1:8080`. */
export function addressOf(listen: string): string {
  const [where = ''] = listen.trim().split(/\s+/)
  if (where.startsWith('unix:')) return where
  if (/^\d{1,5}$/.test(where)) return `*:${where}`
  const full = /:\d{1,5}$/.test(where) ? where : `${where}:80`
  return full.replace(/^0\.0\.0\.0:/, '*:')
}

/** Who gets the names at an address that no server block has: one that says so, or one without a name, which is meant for them. */
export function unknownNamesAt(
  address: string,
  blocks: readonly ServerBlock[],
): ServerBlock | undefined {
  const there = blocks.filter(({ listens }) => listens.some((each) => addressOf(each) === address))
  const says = ({ listens }: ServerBlock) =>
    listens.some((each) => addressOf(each) === address && isDefault(each))
  return there.find(says) ?? there.find(({ names }) => names.every((name) => NOBODY.has(name)))
}

/** `default` is what it was called before Nginx 0.8.21. */
export const isDefault = (listen: string): boolean => /\sdefault(?:_server)?(?:\s|$)/.test(listen)

/** No client asks for these. */
const NOBODY = new Set(['', '_'])
