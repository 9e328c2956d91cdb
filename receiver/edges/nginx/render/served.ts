import { createHash } from 'node:crypto'

/** Where Nginx says that it has an app's files. No app is asked for what is below it. */
export const SERVED_PATH = '/.well-known/deploy-receiver/served/'

/** The same of the name that other containers have for the app: in the file of each, whoever serves its visitors. */
export const INTERNAL_PATH = '/.well-known/deploy-receiver/internal/'

/** Stands where the revision of an app's files goes: that is known when all of them are. */
const REVISION = '@revision@'

/**
 * A location of the app's server block that answers by itself, whatever is live, to whomever: `return` comes before anything
 * that lets in or keeps out. It tells that visitors of this name and address meet this very text, and neither another site nor
 * what Nginx had before.
 */
export const servedLocation = (app: string): string =>
  `# that Nginx has these very lines, and visitors come to them
${saying(SERVED_PATH, app)}`

export const internalLocation = (app: string): string =>
  `# that Nginx has these very lines
${saying(INTERNAL_PATH, app)}`

/** Condition of Nginx: that it is asked for that. */
export const asksForInternal = `$uri = ${INTERNAL_PATH}${REVISION}`

const saying = (path: string, app: string) => `location = ${path}${REVISION} {
  access_log off;
  default_type text/plain;
  return 200 ${app};
}
`

/** An app's files with their revision in them: another for each text, and each installation. */
export function withRevision(
  installation: string,
  { conf, slot, proxy }: { conf: string; slot: string; proxy: string },
): { conf: string; slot: string; proxy: string } {
  const hash = createHash('sha256').update([installation, conf, slot, proxy].join('\0'))
  const revision = hash.digest('hex').slice(0, 16)
  const filled = (text: string) => text.replaceAll(REVISION, revision)
  return { conf: filled(conf), slot: filled(slot), proxy: filled(proxy) }
}

/** Where the site answers whose file this is; empty if it is none of ours, or of an older version. */
export const servedPathIn = (text: string): string => pathIn(text, SERVED_PATH)

/** The same of its internal name. */
export const internalPathIn = (text: string): string => pathIn(text, INTERNAL_PATH)

function pathIn(text: string, prefix: string): string {
  const [, path = ''] =
    text
      .split('\n')
      .map((line) => /^[ \t]*location = (\/\S+) \{$/.exec(line))
      .find((found) => found?.[1]?.startsWith(prefix) === true) ?? []
  return path
}
