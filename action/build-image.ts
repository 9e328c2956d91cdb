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
import type { Built } from './report.ts'
import { tagsOfRules } from './tag-rules.ts'
import { defaultLabels, defaultTags, mergeLabels } from './tags.ts'

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
  const now = new Date()
  const plan = planPush({ ...inputs, tags: tagsOf(inputs, run, now) }, defaultTags(run))
  const labels = mergeLabels(defaultLabels(run, now), inputs.labels)
  for (let isLast = false; ; isLast = true) {
    const login = await chooseLogin(inputs, run, process.env, signal)
    sayWhoPushes(login, inputs, plan.deployed.registry)
    try {
      const result = await buildAs(login, { ...inputs, labels }, plan, run, signal)
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

function tagsOf({ tags, tagRules, flavor }: Inputs, run: RunContext, now: Date): string[] {
  const all = [...tags, ...tagsOfRules(tagRules, flavor, run, now)]
  if (tagRules.length === 0 || all.length > 0) return all
  throw new ActionError('bad_input', `input tags: none of its rules gives a tag for ${run.ref}`, {
    hint: 'Add one that always does, as type=sha, or run the job only when one fits.',
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
