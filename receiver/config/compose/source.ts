import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { isPreviewOf } from '../../../protocol/preview-name.ts'
import type { ComposeSource } from '../../core/project/project.ts'
import { createReader, type Field, type Reader } from '../reader.ts'
import { readSource } from '../source.ts'
import { duration, emptyRecord, matching, texts } from '../values.ts'

/** Where the receiver's data is, unless its config says otherwise. */
export const DEFAULT_DATA = '/var/lib/deploy-receiver'
/** As long as a release command may take. */
const ONE_OFF_MS = 10 * 60 * 1000

/** What `compose:` of an app says. */
export interface ComposeKey {
  source: ComposeSource
  service: string
  /** How long a service may take that is run to its end. */
  oneOffMs: number
}

/** Reads `compose: { file, service, project, profiles, env_file, timeout }` of an app. */
export function readComposeKey(reader: Reader, field: Field): ComposeKey | undefined {
  const keys = reader.mapping(field, [
    'file',
    'service',
    'project',
    'profiles',
    'env_file',
    'timeout',
  ])
  const path = pathsOf(reader)
  const files = texts(reader, keys.get('file')).map(path)
  const service = matching(
    reader,
    keys.get('service'),
    /^[A-Za-z0-9._-]+$/,
    'the name of a service',
    'the one that visitors come to, as it stands under services:',
  )
  const project = matching(
    reader,
    keys.get('project'),
    /^[a-z0-9][a-z0-9_-]*$/,
    "a Compose project's name",
    '`docker compose ls` shows it: a-z, 0-9, _ and -',
  )
  const envFile = reader.text(keys.get('env_file'))
  const missing = ['file', 'service'].filter((key) => reader.isNothing(keys.get(key)))
  if (missing.length > 0) {
    const remedy = 'write compose: { file: /srv/shop/compose.yaml, service: web }'
    reader.problem(field, `${missing.join(' and ')} of the Compose project is missing`, remedy)
  }
  const oneOffMs = duration(reader, keys.get('timeout'), { min: 1 }) ?? ONE_OFF_MS
  const profiles = texts(reader, keys.get('profiles'))
  if (files.length === 0 || service === undefined) return undefined
  return {
    source: {
      files,
      ...(project === undefined ? {} : { project }),
      profiles,
      ...(envFile === undefined ? {} : { envFile: path(envFile) }),
    },
    service,
    oneOffMs,
  }
}

/**
 * What Compose is asked for the previews of an app: its files, or those of `previews: { compose: { file, profiles, env_file } }`, filled
 * in with that env file alone.
 * @param at `compose` of `previews`
 */
export function readPreviewSource(
  reader: Reader,
  { files, profiles, project }: ComposeSource,
  at: Field | undefined,
): ComposeSource {
  const keys = reader.mapping(at, ['file', 'profiles', 'env_file'])
  const path = pathsOf(reader)
  const own = texts(reader, keys.get('file')).map(path)
  const envFile = reader.text(keys.get('env_file'))
  return {
    files: own.length > 0 ? own : files,
    ...(project === undefined ? {} : { project }),
    profiles: keys.has('profiles') ? texts(reader, keys.get('profiles')) : profiles,
    ...(envFile === undefined ? {} : { envFile: path(envFile) }),
    bare: true,
  }
}

/** Paths are of the folder of the config. */
const pathsOf = (reader: Reader) => (text: string) =>
  resolve(
    dirname(reader.file),
    text.replace(/^~(?=\/|$)/, () => reader.env['HOME'] ?? homedir()),
  )

/** One and the same for what Compose is asked once for. */
export const sourceId = ({ files, project, profiles, envFile, bare }: ComposeSource): string =>
  JSON.stringify([files, project, profiles, envFile, bare])

/**
 * The Compose projects that a config names, each once, and as previews have them. What is wrong with the config is not told here: `loadConfig` does, when
 * Compose has been asked. Throws `ConfigError` when it cannot be read at all.
 */
export function projectsWanted(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  { text, withPreviews = true }: { text?: string; withPreviews?: boolean } = {},
): ComposeSource[] {
  const path = resolve(file)
  const source = text ?? readSource(path)
  // a file is not parsed twice for nothing
  if (!source.includes('compose')) return []
  const reader = createReader(path, source, Object.assign(emptyRecord<string | undefined>(), env))
  const apps = reader.mapping(reader.mapping(reader.root).get('apps'))
  const found = new Map<string, ComposeSource>()
  for (const app of apps.values()) {
    const keys = reader.isMapping(app) ? reader.mapping(app) : undefined
    const field = keys?.get('compose')
    const key = field === undefined ? undefined : readComposeKey(reader, field)
    if (key === undefined) continue
    found.set(sourceId(key.source), key.source)
    const previews = keys?.get('previews')
    if (!withPreviews || previews === undefined || !reader.isMapping(previews)) continue
    const at = reader.mapping(previews).get('compose')
    const ofPreviews = readPreviewSource(reader, key.source, at)
    found.set(sourceId(ofPreviews), ofPreviews)
  }
  return [...found.values()]
}

/**
 * An app's Compose project and the receiver's `data`, of a config of which nothing else is looked at. Of a preview the project is a file
 * of the receiver's, and there is no source. Throws `ConfigError`.
 */
export function composeOf(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  app: string,
): { source?: ComposeSource; data: string } {
  const path = resolve(file)
  const variables = Object.assign(emptyRecord<string | undefined>(), env)
  const reader = createReader(path, readSource(path), variables)
  const keys = reader.mapping(reader.root)
  const apps = reader.mapping(keys.get('apps'))
  const isPreview = !apps.has(app) && [...apps.keys()].some((parent) => isPreviewOf(app, parent))
  const at = apps.get(app)
  if (at === undefined && !isPreview) {
    reader.problem(
      keys.get('apps') ?? reader.root,
      `there is no app ${JSON.stringify(app)}`,
      `it has: ${[...apps.keys()].join(', ') || 'none'}`,
    )
  }
  const field = at && reader.mapping(at).get('compose')
  if (at !== undefined && field === undefined) {
    const hint = 'apps that are say compose: { file: …, service: … }'
    reader.problem(at, `${app} is not a service of a Compose project`, hint)
  }
  const key = field && readComposeKey(reader, field)
  const data = reader.text(keys.get('data')) ?? DEFAULT_DATA
  reader.finish()
  if (isPreview) return { data }
  if (key === undefined) throw new Error(`${app} has no Compose project`)
  return { source: key.source, data }
}
