import { getInput, setFailed } from '@actions/core'
import { readAttestations } from './attestations.ts'
import { isPushed, makesImage } from './build-inputs.ts'
import type { RunContext } from './context.ts'
import { loadGithubContext, readContext } from './context.ts'
import { deployTo } from './deploy.ts'
import { ActionError, describeError } from './error.ts'
import { buildImage } from './build-image.ts'
import { explainFork } from './fork.ts'
import { createGithubDeployment } from './github-deployment.ts'
import { endedAs, endedWell, environmentUrl } from './outcome.ts'
import { readReference } from './image.ts'
import type { Inputs } from './inputs.ts'
import { readInputs } from './inputs.ts'
import { hide, plainLines, say, warn } from './log.ts'
import type { Built } from './report.ts'
import { reportBuild, reportEnd, reportFailure } from './report.ts'
import type { Result } from './summary.ts'
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

  const built =
    inputs.build && inputs.rollback === '' ? await buildImage(inputs, run, signal) : undefined
  if (built !== undefined) reportBuild(built, inputs.separators)

  const receivers: Receivers = { results: [] }
  try {
    if (isPushed(inputs)) await deployOnGithub(inputs, run, built, receivers, signal)
    else saySkipped(inputs)
  } finally {
    await reportEnd(
      receivers.results,
      makesImage(inputs) ? built : undefined,
      isPushed(inputs) ? inputs.environmentUrl : '',
    )
  }
}

/** What became of the receivers so far. */
interface Receivers {
  results: Result[]
  /** Of the one that is at work, once it took its hook. */
  current?: Result | undefined
}

/** What is not pushed is not deployed. */
function saySkipped({ hooks, push, call }: Inputs): void {
  const why = push ? `call: ${call} makes no image` : 'push: false'
  for (const { url } of hooks) say(`${why}: ${url} is skipped, no hook is posted`)
}

/** Deploys, and says so on GitHub's pages when the input `environment` asks for it. */
async function deployOnGithub(
  inputs: Inputs,
  run: RunContext,
  built: Built | undefined,
  receivers: Receivers,
  signal: AbortSignal,
): Promise<void> {
  const { environment, githubToken: token, hooks } = inputs
  const image = built?.image ?? inputs.image
  const named = { environment: hooks.length === 0 ? '' : environment, token }
  const github = await createGithubDeployment(
    { ...named, image: inputs.rollback === '' ? image : `rollback to ${inputs.rollback}` },
    run,
    signal,
  )
  try {
    await deploy(inputs, run, built, receivers, signal)
  } catch (error) {
    await github?.set(await endedAs(receivers.current, error))
    throw error
  }
  const url = environmentUrl(receivers.results, inputs.environmentUrl)
  await github?.set({ ...endedWell(receivers.results), ...(url !== undefined && { url }) })
}

async function deploy(
  inputs: Inputs,
  run: RunContext,
  built: Built | undefined,
  receivers: Receivers,
  signal: AbortSignal,
): Promise<void> {
  const image = inputs.rollback === '' ? (built?.image ?? checkedReference(inputs.image)) : ''
  const attestations = readAttestations(inputs.attestations)
  for (const [index, target] of inputs.hooks.entries()) {
    receivers.current = undefined
    const { status, deployment } = await deployTo(
      target,
      {
        inputs,
        run,
        image,
        attestations,
        ...(built?.digest !== undefined && { builtDigest: built.digest }),
        signal,
      },
      (result) => (receivers.current = receivers.results[index] = result),
    )
    if (status === 'failed' && deployment !== undefined) throw reportFailure(deployment)
    if (status === 'superseded')
      warn(`${target.app}: a newer deployment took the place of this one`)
  }
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
