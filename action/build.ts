import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Image, parseImage } from '../protocol/image-reference.ts'
import type { BuildOptions } from './build-arguments.ts'
import { buildxArguments, needsBuildx, plainArguments } from './build-arguments.ts'
import { isPushed } from './build-inputs.ts'
import type { DockerCall } from './docker.ts'
import { buildxVersion, DockerError, readDocker, runDocker } from './docker.ts'
import { isImmutable } from './docker-failure.ts'
import { ActionError } from './error.ts'
import { say } from './log.ts'

/**
 * Builds, and pushes every reference unless the inputs say otherwise.
 * @param deployed the one of the references that the digest is wanted for
 * @param work what Docker is called with: `directory` is a private one for the metadata file
 * @throws ActionError `build_failed`, `no_buildx`, `no_docker`, `no_digest`, `cancelled`.
 */
export const build = async (
  options: BuildOptions,
  deployed: Image,
  { directory, call }: { directory: string; call: DockerCall },
): Promise<BuildResult> => {
  try {
    return await buildWithBuildx(options, join(directory, 'metadata.json'), call)
  } catch (error) {
    // whether it is there is asked only now: the answer takes longer than all else before a build
    if (!(error instanceof DockerError) || (await buildxVersion(call)) !== undefined) throw error
  }
  refuseWithoutBuildx(options)
  say(
    `docker buildx is not here: ${isPushed(options) ? 'building with docker build and docker push' : 'building with docker build'}`,
  )
  return buildPlainly(options, deployed, call)
}

/** What a build was: the pushed manifest's digest, if it was pushed, and what buildx says of it. */
export interface BuildResult {
  digest?: string
  imageId?: string
  /** buildx's metadata, JSON. */
  metadata?: string
}

async function buildWithBuildx(
  options: BuildOptions,
  metadataFile: string,
  call: DockerCall,
): Promise<BuildResult> {
  try {
    await runDocker(buildxArguments(options, metadataFile), call)
  } catch (error) {
    const digest = await digestThere(error, options, call)
    if (digest === undefined) throw error
    say('the tag is immutable, and holds this very digest already')
    return { digest }
  }
  const text = await readMetadata(metadataFile, isPushed(options))
  if (text === undefined) return {}
  const imageId = (JSON.parse(text) as Record<string, unknown> | null)?.[
    'containerimage.config.digest'
  ]
  return {
    ...(isPushed(options) && { digest: digestOfMetadata(text) }),
    ...(typeof imageId === 'string' && { imageId }),
    metadata: text.trim(),
  }
}

async function readMetadata(file: string, isNeeded: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    // there is none of a check
    if (!isNeeded) return undefined
    throw new ActionError('no_digest', `docker buildx wrote no metadata to ${file}`, {
      hint: 'Update buildx: the Action needs its --metadata-file (0.6 or newer).',
      cause,
    })
  }
}

/**
 * The digest that could not be pushed because its tags are immutable, when all of them hold just that digest: an earlier
 * attempt got so far.
 */
async function digestThere(
  error: unknown,
  options: BuildOptions,
  call: DockerCall,
): Promise<string | undefined> {
  if (!(error instanceof DockerError) || !isImmutable(error.failure)) return undefined
  const digest = /^#\d+ pushing manifest for \S+@(sha256:[0-9a-f]{64})/m.exec(error.output)?.[1]
  if (digest === undefined) return undefined
  for (const reference of options.references) {
    const builder = options.builder === '' ? [] : ['--builder', options.builder]
    const inspect = ['buildx', 'imagetools', 'inspect', ...builder]
    const args = [...inspect, reference, '--format', '{{.Manifest.Digest}}']
    const there = await readDocker(args, call).catch(() => '')
    if (there.trim() !== digest) return undefined
  }
  return digest
}

/**
 * The pushed manifest's digest in a buildx metadata file. Where the Docker engine itself builds, an old buildx writes
 * the image's id there instead: that is refused, for no registry can find an image by it.
 * @throws ActionError `no_digest`.
 */
export const digestOfMetadata = (text: string): string => {
  const metadata = JSON.parse(text) as Record<string, unknown>
  const digest = metadata['containerimage.digest']
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new ActionError(
      'no_digest',
      `docker buildx reported no digest (containerimage.digest is ${JSON.stringify(digest)})`,
      {
        hint: 'Choose a builder that can push (docker/setup-buildx-action makes one).',
      },
    )
  }
  if (digest === metadata['containerimage.config.digest']) {
    throw new ActionError(
      'no_digest',
      `docker buildx reported the image's id ${digest} instead of the pushed digest`,
      {
        hint: 'Update buildx, or add docker/setup-buildx-action before this step.',
      },
    )
  }
  return digest
}

function refuseWithoutBuildx(options: BuildOptions): void {
  const inputs = needsBuildx(options)
  if (inputs.length === 0) return
  const verb = inputs.length === 1 ? 'needs' : 'need'
  throw new ActionError(
    'no_buildx',
    `input ${inputs.join(', ')} ${verb} docker buildx, which is not on this runner`,
    {
      hint: 'Add docker/setup-buildx-action before this step, or leave the input out.',
    },
  )
}

async function buildPlainly(
  options: BuildOptions,
  { repository, tag = 'latest' }: Image,
  call: DockerCall,
): Promise<BuildResult> {
  await runDocker(plainArguments(options), call)
  if (!isPushed(options)) return {}
  for (const reference of options.references) await runDocker(['push', reference], call)
  const output = await readDocker(
    ['image', 'inspect', '--format', '{{json .RepoDigests}}', `${repository}:${tag}`],
    call,
  )
  return { digest: digestOfRepository(JSON.parse(output) as string[] | null, repository) }
}

/**
 * The digest that a repository knows an image by, from Docker's `RepoDigests`, which name each repository that the
 * image was ever pushed to.
 * @param repository with its host, as `docker.io/library/nginx`
 * @throws ActionError `no_digest`.
 */
export const digestOfRepository = (
  repoDigests: readonly string[] | null,
  repository: string,
): string => {
  const known = (repoDigests ?? []).filter((one) => !one.startsWith('<none>')).map(parseImage)
  const digest = known.find((image) => image.repository === repository)?.digest
  if (digest !== undefined) return digest
  throw new ActionError('no_digest', `docker reports no digest for ${repository} after the push`, {
    hint: 'Add docker/setup-buildx-action before this step: buildx reports the pushed digest itself.',
  })
}
