import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AppConfig, Config } from '../../config/config.ts'
import { CERTBOT_DIRECTORY, lineageOf, renewalFile } from '../../edges/certbot/places.ts'
import { trustRootFile } from '../machine.ts'
import { type BackedFile, type Manifest, MOST_FILE_BYTES } from './manifest.ts'
import { namesOf } from './owners.ts'

export interface Contents {
  files: (BackedFile & { content: Buffer })[]
  links: Manifest['links']
  /** Files that the config names and that could not be taken, with the reason. */
  missing: string[]
}

/** Certbot's folder, as the config has it. */
export const certbotOf = ({ tls }: Pick<Config, 'tls'>): string =>
  tls?.directory ?? CERTBOT_DIRECTORY

/**
 * All of a receiver's files but the store: the config and what it names, the key of the store, and of Certbot its accounts and
 * what belongs to our certificates. Nginx's files are not among them: they are made of the config.
 * @param named by the config
 */
export function readContents(config: Config, named: readonly string[]): Contents {
  const certbot = certbotOf(config)
  const live = liveOf(certbot)
  const isLineage = (file: string) => dirname(dirname(file)) === live
  const lineages = new Set([
    ...lineagesOf(certbot),
    ...named.filter(isLineage).map((file) => dirname(file).slice(live.length + 1)),
  ])
  const paths = [
    config.file,
    join(dirname(config.file), 'env'),
    join(config.data, 'settings.key'),
    trustRootFile(config.data),
    ...named.filter((file) => !isLineage(file)),
    ...filesBelow(join(certbot, 'accounts')),
    ...[...lineages].flatMap((lineage) => [
      renewalFile(lineage, certbot),
      ...filesBelow(join(certbot, 'archive', lineage)),
      ...filesBelow(join(live, lineage)),
    ]),
  ]
  const contents: Contents = { files: [], links: [], missing: [] }
  for (const path of new Set(paths)) take(path, contents, { named, live })
  return contents
}

const liveOf = (certbot: string) => join(certbot, 'live')

/** What Certbot calls the certificates of receivers. */
export const lineagesOf = (certbot: string): string[] =>
  list(liveOf(certbot)).filter((each) => each.startsWith(lineageOf('')))

function take(
  path: string,
  { files, links, missing }: Contents,
  { named, live }: { named: readonly string[]; live: string },
): void {
  if (!existsSync(path)) {
    if (named.includes(path)) missing.push(`${path} is not there`)
    return
  }
  if (dirname(dirname(path)) === live && lstatSync(path).isSymbolicLink()) {
    links.push({ path, to: readlinkSync(path) })
    return
  }
  const stats = statSync(path)
  if (!stats.isFile() || stats.size > MOST_FILE_BYTES) {
    missing.push(`${path} is ${stats.isFile() ? 'larger than 16 MiB' : 'not a file'}`)
    return
  }
  const content = readFileSync(path)
  files.push({
    path,
    mode: stats.mode & 0o777,
    ...namesOf(stats),
    bytes: content.byteLength,
    sha256: createHash('sha256').update(content).digest('hex'),
    content,
  })
}

const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : [])

const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((each) => each.isFile() || each.isSymbolicLink())
        .map(({ parentPath, name }) => join(parentPath, name))
        .toSorted()
    : []

/** What an app has in volumes and folders of the host, by its config. Files of the config itself are none of it. */
export function dataOf(app: AppConfig | undefined, named: readonly string[]): string[] {
  return (app?.container.volumes ?? [])
    .map((volume) => volume.split(':')[0] ?? '')
    .filter((source) => source !== '' && !named.includes(source))
}
