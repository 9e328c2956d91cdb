import { attestArguments } from './attest-arguments.ts'
import type { BuildInputs } from './build-inputs.ts'
import { isPushed, makesImage } from './build-inputs.ts'
import { GIT_TOKEN_VARIABLE } from './git-token.ts'
import { parseFields } from './lists.ts'

/** What a build is made of, apart from what runs it. */
export interface BuildOptions extends Omit<BuildInputs, 'secrets' | 'secretFiles' | 'secretEnvs'> {
  /** Whole references, `repository:tag`. */
  references: readonly string[]
  /** For `--secret`: each names a file or a variable, and holds no value. */
  secrets: readonly string[]
  /** Page of the run, for the provenance; `''` for none. */
  runUrl: string
}

/** `docker buildx build …`, which leaves what came of it in the metadata file. */
export const buildxArguments = (options: BuildOptions, metadataFile: string): string[] => [
  'buildx',
  'build',
  ...one('--builder', options.builder),
  ...one('--call', options.call),
  ...(isPushed(options) ? ['--push'] : []),
  ...(makesImage(options) && options.load ? ['--load'] : []),
  ...(makesImage(options) ? each('--output', options.outputs) : []),
  '--metadata-file',
  metadataFile,
  ...commonArguments(options),
  ...each('--annotation', options.annotations),
  ...(options.platforms.length > 0 ? ['--platform', options.platforms.join(',')] : []),
  ...each('--build-context', options.buildContexts),
  ...each('--secret', options.secrets),
  ...each('--ssh', options.ssh),
  ...each('--allow', options.allow),
  ...each('--no-cache-filter', options.noCacheFilters),
  ...each('--cache-from', options.cacheFrom),
  ...each('--cache-to', options.cacheTo.map(ignoringErrors)),
  ...attestArguments(options, options.runUrl),
  '--',
  options.context,
]

/** `docker build …`, for a Docker without buildx. */
export const plainArguments = (options: BuildOptions): string[] => [
  'build',
  ...commonArguments(options),
  ...each('--cache-from', options.cacheFrom),
  '--',
  options.context,
]

/** The inputs in use that only buildx knows. */
export const needsBuildx = (options: BuildOptions): string[] =>
  Object.entries({
    annotations: options.annotations,
    platforms: options.platforms,
    'build-contexts': options.buildContexts,
    // a token for a Git context is there by itself
    'secrets, secret-files or secret-envs': options.secrets.filter(
      (secret) => !secret.endsWith(`,env=${GIT_TOKEN_VARIABLE}`),
    ),
    ssh: options.ssh,
    'cache-from with a type': options.cacheFrom.filter((entry) => entry.includes('=')),
    'cache-to': options.cacheTo,
    provenance: isAskedFor(options.provenance),
    sbom: isAskedFor(options.sbom),
    attests: options.attests,
    outputs: options.outputs,
    builder: options.builder,
    allow: options.allow,
    'no-cache-filters': options.noCacheFilters,
    call: makesImage(options) ? '' : options.call,
  })
    .filter(([, value]) => value.length > 0)
    .map(([name]) => name)

const isAskedFor = (attest: string): string => (/^false$/i.test(attest) ? '' : attest)

const commonArguments = (options: BuildOptions): string[] => [
  ...one('--file', options.file),
  ...one('--target', options.target),
  ...each('--build-arg', options.buildArgs),
  ...each('--label', options.labels),
  ...each('--tag', options.references),
  ...each('--add-host', options.addHosts),
  ...one('--network', options.network),
  ...one('--shm-size', options.shmSize),
  ...each('--ulimit', options.ulimit),
  ...one('--cgroup-parent', options.cgroupParent),
  ...(options.noCache ? ['--no-cache'] : []),
  ...(options.pull ? ['--pull'] : []),
]

const one = (flag: string, value: string): string[] => (value === '' ? [] : [flag, value])
const each = (flag: string, values: readonly string[]): string[] =>
  values.flatMap((value) => [flag, value])

/** A cache that cannot be written is no reason to fail a build. `inline` knows no such attribute. */
function ignoringErrors(entry: string): string {
  const fields = parseFields(entry, 'cache-to')
  const [first = ''] = fields
  if (!entry.includes('=')) return `type=registry,ref=${first},ignore-error=true`
  const has = (start: string) => fields.some((field) => field.trim().startsWith(start))
  return has('ignore-error=') || has('type=inline') ? entry : `${entry},ignore-error=true`
}
