import { getInput, setFailed } from '@actions/core'
import { readAttestations } from './attestations.ts'
import { isPushed, makesImage } from './build-inputs.ts'
import type { RunContext } from './context.ts'
import { loadGithubContext, readContext } from './context.ts'
import type { Order } from './deploy.ts'
import { ActionError, describeError } from './error.ts'
import { buildImage } from './build-image.ts'
import { explainFork, isFromFork } from './fork.ts'
import { createGithubDeployment } from './github-deployment.ts'
import { endedAs, endedWell, environmentUrl } from './outcome.ts'
import { releaseId } from './idempotency-key.ts'
import { readReference } from './image.ts'
import type { Inputs } from './inputs.ts'
import { readInputs } from './inputs.ts'
import { hide, note, plainLines, say } from './log.ts'
import { commentOnPreview } from './preview-comment.ts'
import { environmentOf, type Preview, previewOf, taskOf } from './preview.ts'
import { removePreview } from './remove-preview.ts'
import { previewNews } from './render-preview.ts'
import { endDeployments } from './retire-environment.ts'
import { type Built, reportBuild, reportEnd } from './report.ts'
import { type Part, partsOf, resultsOf } from './part.ts'
import { deployToAll } from './several.ts'
import { keepForPost, nothingForPost } from './several-state.ts'
import { refuseUnknown } from './unknown-inputs.ts'

const main = async (signal: AbortSignal): Promise<void> => {
  hide(...['password', 'secret', 'github-token'].map((name) => getInput(name)))
  const run = readContext(await loadGithubContext(), process.env)
  try {
    await runWith(readKnownInputs(run), run, signal)
  } catch (error) {
    throw explainFork(error, run)
  }
}

function readKnownInputs(run: RunContext): Inputs {
  const known = new Set<string>()
  const inputs = readInputs(run, (name, options) => {
    known.add(name)
    return getInput(name, options)
  })
  refuseUnknown(known, process.env)
  return inputs
}

async function runWith(inputs: Inputs, run: RunContext, signal: AbortSignal): Promise<void> {
  for (const { basic } of inputs.hooks) hide(basic?.password)

  const preview = previewOf(inputs, run)
  if (preview !== undefined && isFromFork(run) && inputs.secret === '') return noteFork(preview)
  if (preview?.isOver === true) return await removePreview(preview, { inputs, run, signal })

  const built =
    inputs.build && inputs.rollback === '' ? await buildImage(inputs, run, signal) : undefined
  if (built !== undefined) reportBuild(built, inputs.separators)

  const parts = isPushed(inputs) ? partsOf(inputs.hooks) : []
  const release = parts.length > 1 ? releaseId(inputs.id, run) : undefined
  try {
    if (isPushed(inputs))
      await deployOnGithub({ inputs, run, preview, built, release, signal }, parts)
    else saySkipped(inputs)
  } finally {
    await reportEnd(
      parts,
      makesImage(inputs) ? built : undefined,
      isPushed(inputs) ? inputs.environmentUrl : '',
      // what stands where when the job is cancelled is asked in the post step, for which there is time
      release === undefined ? undefined : { release, isOver: !signal.aborted },
    )
    if (release !== undefined && !signal.aborted) nothingForPost()
  }
}

interface Job {
  inputs: Inputs
  run: RunContext
  preview: Preview | undefined
  built: Built | undefined
  release: string | undefined
  signal: AbortSignal
}

/** Whoever opens one from a fork is to have no secret of this repository, and the run has none. */
function noteFork({ name }: Preview): void {
  note(
    `no preview ${name}: this pull request is from a fork, whose run gets no secret and no OIDC token. Nothing was built or deployed. A maintainer's own workflow can do it, for a commit that was read (docs/previews.md).`,
  )
}

/** What is not pushed is not deployed. */
function saySkipped({ hooks, push, call }: Inputs): void {
  const why = push ? `call: ${call} makes no image` : 'push: false'
  for (const { url } of hooks) say(`${why}: ${url} is skipped, no hook is posted`)
}

/** Deploys, and says so on GitHub's pages when the input `environment` asks for it. */
async function deployOnGithub(job: Job, parts: readonly Part[]): Promise<void> {
  const { inputs, run, preview, built, signal } = job
  const { githubToken: token, hooks } = inputs
  const image = built?.image ?? inputs.image
  const environment = hooks.length === 0 ? '' : environmentOf(inputs, preview)
  const task = preview && taskOf(preview)
  const github = await createGithubDeployment(
    {
      environment,
      token,
      ...(task !== undefined && { task }),
      image: inputs.rollback === '' ? image : `rollback to ${inputs.rollback}`,
    },
    run,
    signal,
  )
  try {
    await deploy(job, parts)
  } catch (error) {
    await github?.set(await endedAs(parts, error))
    await tellPullRequest(job, parts, { error })
    throw error
  }
  const results = resultsOf(parts)
  const url = environmentUrl(results, inputs.environmentUrl)
  const at = url === undefined ? {} : { url }
  const news = endedWell(results)
  await github?.set({ ...news, ...at })
  await tellPullRequest(job, parts, at)
  if (github && task !== undefined && news.state === 'success') {
    await endDeployments({ environment, task, token, run }, github.id)
  }
}

/** What became of a preview, where its pull request is read. Of a cancelled job nothing is known that lasts: mostly a newer one follows. */
async function tellPullRequest(
  { preview, inputs, run, signal }: Job,
  parts: readonly Part[],
  end: { error?: unknown; url?: string },
): Promise<void> {
  if (preview === undefined || signal.aborted) return
  const news = previewNews(preview, resultsOf(parts)[0], end)
  if (news) await commentOnPreview(news, { preview, run, token: inputs.githubToken })
}

async function deploy(
  { inputs, run, preview, built, release, signal }: Job,
  parts: readonly Part[],
): Promise<void> {
  const order: Order = {
    inputs,
    run,
    image: inputs.rollback === '' ? (built?.image ?? checkedReference(inputs.image)) : '',
    attestations: readAttestations(inputs.attestations),
    ...(built?.digest !== undefined && { builtDigest: built.digest }),
    ...(preview !== undefined && { preview: preview.name }),
    ...(release !== undefined && { release }),
    signal,
  }
  const kept = release === undefined ? undefined : keepForPost(parts, release)
  const { onFailure, maxParallel } = inputs
  await deployToAll(parts, order, { onFailure, maxParallel, onChange: kept ?? (() => {}) })
}

const checkedReference = (image: string): string => {
  readReference(image, 'image')
  return image
}

/** The runner cancels a job with SIGINT, then SIGTERM. */
const cancelling = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => cancelling.abort())
}

try {
  await main(cancelling.signal)
} catch (caught) {
  const isCancelled = cancelling.signal.aborted && !(caught instanceof ActionError)
  const error = isCancelled ? new ActionError('cancelled', 'the job was cancelled') : caught
  setFailed(plainLines(describeError(error)).join('\n'))
}

// what the toolkit still waits for (a token's request has no end of its own) keeps nobody: all is said once this is written
process.stdout.write('', () => process.exit())
