import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { formatImage } from '../protocol/image-reference.ts'
import { build, type BuildResult } from './build.ts'
import { isPushed } from './build-inputs.ts'
import { prepareSecrets } from './build-secrets.ts'
import type { RunContext } from './context.ts'
import { chooseLogin } from './credentials.ts'
import { buildxVersion, DockerError } from './docker.ts'
import { isRefused, saysExpired } from './docker-failure.ts'
import { ActionError } from './error.ts'
import { asksForQuery, defaultContext, fillContexts, readsQuery } from './git-context.ts'
import { gitToken, GIT_TOKEN_VARIABLE } from './git-token.ts'
import { planPush, type PushPlan } from './image.ts'
import type { Inputs } from './inputs.ts'
import { say, warn } from './log.ts'
import { type Login, prepareDocker, removeDocker } from './login.ts'
import type { Metadata } from './metadata/metadata.ts'
import { type Built, reportMetadata } from './report.ts'

/**
 * Signs in, builds and pushes. A login that was asked for may end before a long build does: then once more, with a new one, and all
 * that was built comes from the builder's cache.
 * @throws ActionError of the inputs, the login and the build.
 */
export const buildImage = async (
  inputs: Inputs,
  run: RunContext,
  signal: AbortSignal,
): Promise<Built> => {
  const metadata = await metadataOf(inputs, run, signal)
  if (isPushed(inputs) && metadata.tagNames.length + inputs.tags.length === 0) throw noTag(run)
  const plan = planPush(inputs, metadata.tagNames)
  reportMetadata(metadata, plan.references, inputs.separators)
  const described = { ...inputs, labels: metadata.labels, annotations: metadata.builtAnnotations }
  const login = await chooseLogin(inputs, run, process.env, signal).catch((error: unknown) =>
    goOnWithout(error, inputs),
  )
  sayWhoPushes(login, inputs, plan.deployed.registry)
  try {
    return told(await buildAs(login, described, plan, run, signal), plan)
  } catch (error) {
    if (login === undefined || !isTooOld(login, error)) throw error
  }
  say('the registry refuses the login, which ended during the build: once more, with a new one')
  const renewed = await chooseLogin(inputs, run, process.env, signal)
  const fromCache = { ...described, noCache: false, noCacheFilters: [], pull: false }
  return told(await buildAs(renewed, fromCache, plan, run, signal), plan)
}

/** Another clock than the registry's may be late by so much. */
const CLOCK_SKEW_MS = 60_000

/** Whether a push is refused for the age of its login. One that is still good would be refused again, for a right that is missing. */
function isTooOld({ endsAt }: Login, error: unknown): boolean {
  if (endsAt === undefined || !(error instanceof DockerError)) return false
  const { failure } = error
  if (failure === undefined || !isRefused(failure)) return false
  return saysExpired(failure) || Date.now() >= endsAt - CLOCK_SKEW_MS
}

/** A build that pushes nothing may do without: a pull request from a fork has no secret and no OIDC token. */
function goOnWithout(error: unknown, inputs: Inputs): undefined {
  const isLogin =
    error instanceof ActionError && ['no_id_token', 'login_failed'].includes(error.code)
  if (!isLogin || isPushed(inputs)) throw error
  warn(`not signed in to ${inputs.registry}: ${error.message}`)
}

function told(result: BuildResult, { references, deployed }: PushPlan): Built {
  const { digest, ...rest } = result
  if (digest === undefined) return { references, ...rest }
  say(`pushed ${references.join(', ')}`)
  say(`digest ${digest}`)
  return { image: formatImage({ ...deployed, digest }), digest, references, ...rest }
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
  inputs: Inputs,
  { references, deployed }: PushPlan,
  run: RunContext,
  signal: AbortSignal,
): Promise<BuildResult> {
  const docker = prepareDocker(login, process.env, run.temporary)
  const { directory } = docker
  try {
    // by any name of ours the workflow's own settings may have something, which would be written to through its link
    const work = mkdtempSync(join(directory, 'build-'))
    const isQuery =
      asksForQuery(docker.env) && readsQuery(await buildxVersion({ env: docker.env, signal }))
    const filled = fillContexts(inputs, () => defaultContext(run, docker.env, isQuery))
    const token = gitToken(filled, run)
    const secrets = prepareSecrets(filled, work, process.env)
    if (token !== undefined) {
      secrets.push(`id=GIT_AUTH_TOKEN.${token.host},env=${GIT_TOKEN_VARIABLE}`)
    }
    const env = { ...docker.env, ...(token && { [GIT_TOKEN_VARIABLE]: token.value }) }
    return await build({ ...filled, references, secrets, runUrl: run.runUrl }, deployed, {
      directory: work,
      call: { env, signal },
    })
  } finally {
    await removeDocker(directory)
  }
}

function sayWhoPushes(login: Login | undefined, inputs: Inputs, host: string): void {
  const verb = isPushed(inputs) ? `pushing to ${host}` : 'building'
  if (login === undefined) return say(`${verb} with the logins that Docker has already`)
  say(`signing in to ${inputs.registry} as ${login.username}`)
  if (isPushed(inputs) && host !== inputs.registry) {
    say(`the image goes to ${host}: for a login there, write registry: ${host}`)
  }
}
