import { dirname, isAbsolute, join, normalize } from 'node:path'
import * as v from 'valibot'

/** Rises when an older receiver cannot restore what a newer one has written. */
export const BACKUP_FORMAT = 1

/** A backup may come from anywhere: nothing of it is used before it has this form. */
const path = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.check(
    (text) => isAbsolute(text) && normalize(text) === text && !/[\p{Cc}]/u.test(text),
    'is not a plain absolute path',
  ),
)
const name = v.pipe(v.string(), v.regex(/^[a-z0-9_][a-z0-9_.-]{0,31}$/i))
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const bytes = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most))
const line = v.pipe(v.string(), v.maxLength(1000), v.regex(/^[^\p{Cc}]*$/u))
const appName = v.pipe(v.string(), v.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/))

/** Of all but the store; keys, certificates and pages are small. */
export const MOST_FILE_BYTES = 16 * 1024 * 1024
const MOST_STORE_BYTES = 64 * 1024 * 1024 * 1024
const MOST_FILES = 5000

/** The first entry of a backup: what else is in it, and where it belongs. */
export const Manifest = v.strictObject({
  format: v.literal(BACKUP_FORMAT),
  version: line,
  created_at: line,
  host: line,
  config: path,
  data: path,
  /** Certbot's folder. */
  certbot: path,
  files: v.pipe(
    v.array(
      v.strictObject({
        path,
        /** Of these, reading and writing alone are given. */
        mode: bytes(0o7777),
        owner: name,
        group: name,
        bytes: bytes(MOST_FILE_BYTES),
        sha256,
      }),
    ),
    v.maxLength(MOST_FILES),
  ),
  /** Those by which Certbot says which of its files is the newest. */
  links: v.pipe(v.array(v.strictObject({ path, to: line })), v.maxLength(MOST_FILES)),
  store: v.strictObject({ bytes: bytes(MOST_STORE_BYTES), sha256 }),
  /** What was live. */
  apps: v.pipe(
    v.array(
      v.strictObject({
        app: appName,
        slot: v.optional(v.picklist(['blue', 'green'])),
        image: line,
        /** Volumes by name and folders by path, which are not in it. */
        data: v.pipe(v.array(v.union([path, v.pipe(line, v.regex(/^[^/]/))])), v.maxLength(1000)),
      }),
    ),
    v.maxLength(1000),
  ),
})
export type Manifest = v.InferOutput<typeof Manifest>
export type BackedFile = Manifest['files'][number]

export const MANIFEST = 'manifest.json'
export const STORE = 'store.db'
/** What a file is called in the archive: for people, who may want one of them alone. */
export const entryName = (file: string): string => `files${file}`

/** Reads it. Throws an error that says what is wrong. */
export function parseManifest(entry: string, content: Buffer): Manifest {
  if (entry !== MANIFEST) throw new Error(`it begins with ${entry}, not with ${MANIFEST}`)
  const json: unknown = JSON.parse(content.toString('utf8'))
  const format = (json as { format?: unknown } | null)?.format
  if (typeof format === 'number' && format > BACKUP_FORMAT) {
    throw new Error(
      `a newer deploy-receiver wrote it (format ${format}, this one knows ${BACKUP_FORMAT}): install that one`,
    )
  }
  const read = v.safeParse(Manifest, json)
  if (!read.success) {
    const [issue] = read.issues
    throw new Error(`${MANIFEST} in it: ${v.getDotPath(issue) ?? 'all'}: ${issue.message}`)
  }
  refuseStrange(read.output)
  return read.output
}

/** Links are Certbot's, from one of its folders to the other; no file comes twice, or into another one's place. */
function refuseStrange({ files, links, certbot, data }: Manifest): void {
  const seen = new Set<string>([join(data, 'deploy-receiver.db')])
  for (const { path: file } of [...files, ...links]) {
    if (seen.has(file)) throw new Error(`${file} is in it twice`)
    seen.add(file)
    if (/^\/(?:proc|sys|dev|run)\//.test(file)) throw new Error(`${file} in it is no file to keep`)
  }
  for (const { path: file } of [...files, ...links]) {
    for (let folder = dirname(file); folder !== '/'; folder = dirname(folder)) {
      if (seen.has(folder)) throw new Error(`${file} in it lies in a file`)
    }
  }
  for (const { path: file, to } of links) {
    const isLive = dirname(dirname(file)) === join(certbot, 'live')
    if (!isLive || !/^\.\.\/\.\.\/archive\/(?!\.)[^/]{1,200}\/(?!\.)[^/]{1,200}$/.test(to)) {
      throw new Error(`the link ${file} in it leads to ${to}, where none of Certbot's does`)
    }
  }
}
