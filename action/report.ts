import * as core from '@actions/core'
import type { Deployment } from '../protocol/deployment.ts'
import { formatImage } from '../protocol/image-reference.ts'
import { ActionError } from './error.ts'
import type { Inputs } from './inputs.ts'
import type { Metadata } from './metadata/metadata.ts'
import { outputsOf } from './metadata/outputs.ts'
import { environmentUrl } from './outcome.ts'
import { plainLines, say, sayFolded, warn } from './log.ts'
import { type Part, resultsOf } from './part.ts'
import { standingOf } from './standing.ts'
import { forPrograms, renderStanding, standingLines } from './show-standing.ts'
import { renderEach, renderSummary, tookMs } from './summary.ts'

/** What was built, and where it was pushed its name there. */
export interface Built {
  /** `repository:tag@digest`. */
  image?: string
  digest?: string
  references: readonly string[]
  /** What buildx says of it; absent without buildx. */
  imageId?: string
  metadata?: string
}

/** A container's log in an annotation, in characters: GitHub cuts longer ones. */
const MAX_ANNOTATION_CHARACTERS = 4000

/**
 * Outputs of docker/metadata-action, set before the build, and the same as variables: `build-args: DOCKER_METADATA_OUTPUT_VERSION` takes one
 * into the build.
 */
export const reportMetadata = (
  metadata: Metadata,
  references: readonly string[],
  separators: Inputs['separators'],
): void => {
  const { tags, ...outputs } = outputsOf(metadata, references, separators)
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
  const { GITHUB_ENV: file = '', DOCKER_METADATA_SET_OUTPUT_ENV: isWanted = '' } = process.env
  if (file === '' || /^(?:0|f|false)$/i.test(isWanted)) return
  for (const [name, value] of Object.entries({ ...outputs, tags })) {
    core.exportVariable(`DOCKER_METADATA_OUTPUT_${name.replace('-', '_').toUpperCase()}`, value)
  }
}

/** Outputs of the build, set as soon as they are true. */
export const reportBuild = (built: Built, separators: Inputs['separators']): void => {
  if (built.image !== undefined) core.setOutput('image', built.image)
  if (built.digest !== undefined) core.setOutput('digest', built.digest)
  core.setOutput('tags', built.references.join(separators.tags))
  if (built.imageId !== undefined) core.setOutput('imageid', built.imageId)
  if (built.metadata !== undefined) core.setOutput('metadata', built.metadata)
}

/**
 * Outputs and job summary of all that happened, also when it ended badly.
 * @param several of several receivers; `isOver`: what stands where is known now
 */
export const reportEnd = async (
  parts: readonly Part[],
  built: Built | undefined,
  givenUrl: string,
  several?: { release: string; isOver: boolean },
): Promise<void> => {
  const results = resultsOf(parts)
  setDeploymentOutputs(parts, built)
  const url = environmentUrl(results, givenUrl)
  if (url !== undefined) core.setOutput('environment-url', url)
  if (several === undefined) {
    if (results.length > 0 || built !== undefined) await writeSummary(renderSummary(results, built))
    return
  }
  core.setOutput('release', several.release)
  if (several.isOver) await reportStanding(parts, several.release)
}

/** What stands where: log, summary and output. */
export const reportStanding = async (parts: readonly Part[], release: string): Promise<void> => {
  const standing = parts.map(standingOf)
  say('')
  for (const line of standingLines(standing, release)) say(line)
  core.setOutput('receivers', JSON.stringify(standing.map(forPrograms)))
  await writeSummary(`${renderStanding(standing, release)}\n\n${renderEach(resultsOf(parts))}`)
}

async function writeSummary(text: string): Promise<void> {
  if (!process.env['GITHUB_STEP_SUMMARY']) return
  try {
    await core.summary.addRaw(text).write()
  } catch (error) {
    // what it would have said is in the log, and how the job ends is said elsewhere
    warn(`the summary cannot be written: ${String(error)}`)
  }
}

/**
 * Says why a deployment failed: log and annotation.
 * @param at tells the receiver apart from others, if there are several
 * @returns the error that ends the job.
 */
export const reportFailure = (deployment: Deployment, at = ''): ActionError => {
  const { app, id, error } = deployment
  const reason = error?.message ?? 'the receiver gave no reason'
  const log = error?.log ?? []
  if (log.length > 0) sayFolded(`Last ${log.length} lines of the container`, log)
  const words = [
    reason,
    ...(error?.hint === undefined ? [] : [error.hint]),
    ...(log.length > 0 ? ['', ...tail(log)] : []),
  ]
  const title = `${app} was not deployed${at === '' ? '' : ` on ${at}`}: ${error?.code ?? 'failed'}`
  core.error(words.flatMap(plainLines).join('\n'), { title })
  const hint = error?.hint
  return new ActionError('deployment_failed', `deployment ${id} of ${app} failed: ${reason}`, {
    ...(hint !== undefined && { hint }),
  })
}

/** With several receivers: one line each in their order, an empty one too, the first bad status of all, and the times together. */
function setDeploymentOutputs(parts: readonly Part[], built: Built | undefined): void {
  const results = resultsOf(parts)
  if (parts.every(({ result, error }) => result === undefined && error === undefined)) return
  if (results.length === 0 && parts.length === 1) return
  const deployments = results.flatMap(({ deployment }) => deployment ?? [])
  const lines = (valueOf: (deployment: Deployment) => string | undefined) =>
    parts.map(({ result }) => (result?.deployment && valueOf(result.deployment)) ?? '').join('\n')
  const statuses = parts.flatMap(
    ({ result, error }) => result?.status ?? (error === undefined ? [] : 'failed'),
  )
  core.setOutput('status', statuses.find((status) => status !== 'succeeded') ?? 'succeeded')
  core.setOutput(
    'deployment-id',
    lines(({ id }) => id),
  )
  core.setOutput(
    'previous-digest',
    lines(({ previous }) => previous?.digest),
  )
  const times = deployments.flatMap((deployment) => tookMs(deployment) ?? [])
  if (times.length > 0)
    core.setOutput(
      'duration-ms',
      times.reduce((sum, ms) => sum + ms, 0),
    )
  const image = deployments.at(-1)?.image
  if (built === undefined && image?.digest !== undefined) {
    const { repository, tag, digest } = image
    core.setOutput('image', formatImage({ repository, digest, ...(tag !== undefined && { tag }) }))
    core.setOutput('digest', digest)
  }
}

function tail(log: readonly string[]): string[] {
  const kept: string[] = []
  let length = 0
  for (const line of log.toReversed()) {
    length += line.length + 1
    if (length > MAX_ANNOTATION_CHARACTERS) break
    kept.unshift(line)
  }
  return kept
}
