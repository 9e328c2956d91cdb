import * as core from '@actions/core'
import { rmRF } from '@actions/io'
import { formatImage } from '../protocol/image-reference.ts'
import { buildAndPush, type BuildResult } from './build.ts'
import { prepareSecrets } from './build-secrets.ts'
import type { RunContext } from './context.ts'
import { chooseLogin } from './credentials.ts'
import { DockerError } from './docker.ts'
import { ActionError } from './error.ts'
import { gitToken, GIT_TOKEN_VARIABLE } from './git-token.ts'
import { planPush, type PushPlan } from './image.ts'
import type { Inputs } from './inputs.ts'
import { say } from './log.ts'
import { type Login, prepareDocker } from './login.ts'
import type { Metadata } from './metadata/metadata.ts'
import { type Built, reportMetadata } from './report.ts'

/**
 * Signs in, builds and pushes. A login that lasts for minutes may end before a long build does: then once more, with a new one
 * and the builder's cache.
 * @throws ActionError of the inputs, the login and the build.
 */
export const buildImage = async (
  inputs: Inputs,
  run: RunContext,
  signal: AbortSignal,
): Promise<Built> => {
  const metadata = await metadataOf(inputs, run, signal)
  if (metadata.tagNames.length + inputs.tags.length === 0) throw noTag(run)
  const plan = planPush(inputs, metadata.tagNames)
  reportMetadata(metadata, plan.references, inputs.separators)
  const described = { ...inputs, labels: metadata.labels, annotations: metadata.builtAnnotations }
  for (let isLast = false; ; isLast = true) {
    const login = await chooseLogin(inputs, run, process.env, signal)
    sayWhoPushes(login, inputs, plan.deployed.registry)
    try {
      const result = await buildAs(login, described, plan, run, signal)
      say(`pushed ${plan.references.join(', ')}`)
      say(`digest ${result.digest}`)
      const image = formatImage({ ...plan.deployed, digest: result.digest })
      return { image, references: plan.references, ...result }
    } catch (error) {
      if (isLast || login?.isShortLived !== true || !isRefused(error)) throw error
      say(
        'the registry refuses the login, which may have ended during the build: once more, with a new one',
      )
    }
  }
}

const noTag = ({ ref, eventName }: RunContext): ActionError =>
  new ActionError(
    'bad_input',
    `input tags: none of its rules gives a tag for ${ref || 'no ref'} (${eventName})`,
    {
      hint: 'Add one that always does, as type=raw,value=…, run the job only when one fits, or write tag-context: git where the workflow checks another commit out.',
    },
  )

/** With what expressions, versions and dates need, which nothing but a build does. */
async function metadataOf(inputs: Inputs, run: RunContext, signal: AbortSignal): Promise<Metadata> {
  const [{ readMetadata }, { readCheckout, readCommitDate }] = await Promise.all([
    import('./metadata/metadata.ts'),
    import('./metadata/checkout.ts'),
  ])
  const directory = process.cwd()
  const { repository, apiUrl } = run
  const github = { repository, apiUrl, token: inputs.githubToken, signal }
  return await readMetadata(inputs, run, {
    env: process.env,
    now: new Date(),
    readCheckout: () => readCheckout(directory),
    readCommitDate: (sha) => readCommitDate(sha, { directory, ...github }),
  })
}

async function buildAs(
  login: Login | undefined,
  options: Inputs,
  { references, deployed }: PushPlan,
  run: RunContext,
  signal: AbortSignal,
): Promise<BuildResult> {
  const docker = prepareDocker(login, process.env, run.temporary)
  core.saveState('docker-config', docker.directory)
  try {
    const token = gitToken(options, run)
    const secrets = prepareSecrets(options, docker.directory, process.env)
    if (token !== undefined) {
      secrets.push(`id=GIT_AUTH_TOKEN.${token.host},env=${GIT_TOKEN_VARIABLE}`)
    }
    const env = { ...docker.env, ...(token && { [GIT_TOKEN_VARIABLE]: token.value }) }
    const call = { env, signal }
    return await buildAndPush({ ...options, references, secrets }, deployed, docker.directory, call)
  } finally {
    await rmRF(docker.directory)
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof DockerError && /unauthorized|denied|expired|\b40[13]\b/i.test(error.output)

function sayWhoPushes(login: Login | undefined, inputs: Inputs, host: string): void {
  if (login === undefined) return say(`pushing to ${host} with the logins that Docker has already`)
  say(`signing in to ${inputs.registry} as ${login.username}`)
  if (host !== inputs.registry) {
    say(`the image goes to ${host}: for a login there, write registry: ${host}`)
  }
}
