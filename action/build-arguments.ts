/** What a build is made of, apart from what runs it. */
export interface BuildOptions {
  context: string
  file: string
  target: string
  buildArgs: readonly string[]
  labels: readonly string[]
  /** Whole references, `repository:tag`. */
  references: readonly string[]
  platforms: readonly string[]
  /** Environment variable that holds the token for a private Git context. */
  gitToken?: { variable: string; host: string }
}

/** `docker buildx build …`: builds, pushes every reference and leaves the pushed digest in the metadata file. */
export const buildxArguments = (options: BuildOptions, metadataFile: string): string[] => [
  'buildx',
  'build',
  '--push',
  '--metadata-file',
  metadataFile,
  ...commonArguments(options),
  ...(options.platforms.length > 0 ? ['--platform', options.platforms.join(',')] : []),
  ...(options.gitToken === undefined
    ? []
    : ['--secret', `id=GIT_AUTH_TOKEN.${options.gitToken.host},env=${options.gitToken.variable}`]),
  '--',
  options.context,
]

/** `docker build …`, for a Docker without buildx. */
export const plainArguments = (options: BuildOptions): string[] => [
  'build',
  ...commonArguments(options),
  '--',
  options.context,
]

const commonArguments = (options: BuildOptions): string[] => [
  ...(options.file === '' ? [] : ['--file', options.file]),
  ...(options.target === '' ? [] : ['--target', options.target]),
  ...options.buildArgs.flatMap((value) => ['--build-arg', value]),
  ...options.labels.flatMap((value) => ['--label', value]),
  ...options.references.flatMap((value) => ['--tag', value]),
]
