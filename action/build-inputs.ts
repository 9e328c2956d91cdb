import type { InputReader } from './input-reader.ts'
import { parseFields } from './lists.ts'

/** The inputs that docker/build-push-action has, by its names and in its forms. */
export interface BuildInputs {
  context: string
  file: string
  target: string
  buildArgs: readonly string[]
  labels: readonly string[]
  annotations: readonly string[]
  platforms: readonly string[]
  /** `name=value`. */
  buildContexts: readonly string[]
  /** `id=value`; values may have several lines, and white space around them is theirs. */
  secrets: readonly string[]
  /** `id=path`. */
  secretFiles: readonly string[]
  /** `id=name of a variable`. */
  secretEnvs: readonly string[]
  /** `default` or `id=socket or key`. */
  ssh: readonly string[]
  cacheFrom: readonly string[]
  cacheTo: readonly string[]
  noCache: boolean
  /** Stages. */
  noCacheFilters: readonly string[]
  pull: boolean
  /** `''` for none; a boolean's word, or buildx's attributes. */
  provenance: string
  sbom: string
  attests: readonly string[]
  /** `host:address`. */
  addHosts: readonly string[]
  network: string
  shmSize: string
  ulimit: readonly string[]
  cgroupParent: string
  /** Entitlements. */
  allow: readonly string[]
  builder: string
  /** Whether every tag is pushed; without, nothing is deployed either. */
  push: boolean
  /** Whether the image goes to the runner's own Docker. */
  load: boolean
  /** As buildx's `--output` has them, one with commas and quotes of its own. */
  outputs: readonly string[]
  /** `''` or `build` to build; else what is asked of the Dockerfile, as `check`. */
  call: string
}

export const readBuildInputs = ({ text, lines, items, boolean }: InputReader): BuildInputs => ({
  context: text('context', '.'),
  file: text('file'),
  target: text('target'),
  buildArgs: lines('build-args'),
  labels: lines('labels'),
  annotations: lines('annotations'),
  platforms: items('platforms'),
  buildContexts: lines('build-contexts'),
  secrets: lines('secrets', { keepSpace: true }),
  secretFiles: lines('secret-files'),
  secretEnvs: items('secret-envs'),
  ssh: items('ssh'),
  cacheFrom: lines('cache-from'),
  cacheTo: lines('cache-to'),
  noCache: boolean('no-cache', false),
  noCacheFilters: items('no-cache-filters'),
  pull: boolean('pull', false),
  provenance: text('provenance'),
  sbom: text('sbom'),
  attests: lines('attests'),
  addHosts: items('add-hosts'),
  network: text('network'),
  shmSize: text('shm-size'),
  ulimit: lines('ulimit'),
  cgroupParent: text('cgroup-parent'),
  allow: items('allow'),
  builder: text('builder'),
  push: boolean('push', true),
  load: boolean('load', false),
  outputs: lines('outputs', { keepQuotes: true }),
  call: text('call'),
})

/** Whether an image comes of it: `call` may ask for something else, as a check of the Dockerfile. */
export const makesImage = ({ call }: Pick<BuildInputs, 'call'>): boolean =>
  call === '' || call === 'build'

/** Whether the image gets to a registry and is deployed from there. */
export const isPushed = (inputs: Pick<BuildInputs, 'push' | 'call'>): boolean =>
  inputs.push && makesImage(inputs)

/** Whether the image is pushed under its digest alone: then it can have no tag. */
export const isPushedByDigest = ({ outputs }: Pick<BuildInputs, 'outputs'>): boolean =>
  outputs.some((output) => isOn(attributesOf(output).get('push-by-digest')))

/** Whether one of `outputs` pushes by itself, whatever the input `push` says. */
export const asksForPush = (output: string): boolean => {
  const attributes = attributesOf(output)
  return attributes.get('type') === 'registry' || isOn(attributes.get('push'))
}

/** As buildx reads them (docker/buildx, `buildflags.ExportEntry`). */
const attributesOf = (output: string): Map<string, string> =>
  new Map(
    parseFields(output, 'outputs').map((field) => {
      const [key = '', ...value] = field.split('=')
      return [key.trim().toLowerCase(), value.join('=')]
    }),
  )

/** As BuildKit reads an attribute that is a boolean: nothing behind the `=` is yes. */
const isOn = (value: string | undefined): boolean =>
  value !== undefined && /^(?:|1|[tT]|true|True|TRUE)$/.test(value)
