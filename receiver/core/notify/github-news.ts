import type { Deployment, DeploymentEvent } from '../../../protocol/deployment.ts'
import type { Sender } from '../intake/audit.ts'
import { verifiedRepository } from '../github.ts'
import { shorten } from '../shorten.ts'
import type { Outbox } from './outbox.ts'

/** What a repository on GitHub is to show of a deployment. */
export interface GithubNews {
  /** `owner/name`. */
  repository: string
  sha: string
  environment: string
  state: 'in_progress' | 'success' | 'failure'
  description: string
  app: string
  deployment: string
  /** Where users see the result. */
  url?: string
}

/** Where the deployments of apps are shown on GitHub. */
export interface GithubPlaces {
  /** `owner/name` by app, as the config says. */
  repositories: Readonly<Record<string, string>>
  /** Environment by app; absent: the app's own name. */
  environments: Readonly<Record<string, string>>
}

/** Under which the outbox keeps what GitHub is to be told of an app. No target has such a name. */
export const githubTarget = (app: string): string => `github:${app}`
export const isGithubTarget = (target: string): boolean => target.startsWith('github:')

/** Deployments of an app among which the one is looked for that its digest came of. */
const LOOK_AT = 200
const DESCRIPTION_CHARACTERS = 140
const SHA = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/

/**
 * Puts the begin or the end of a deployment into the outbox for GitHub, if a hook of the Action did not make it: that tells GitHub itself.
 * The commit is the sender's, or the one that the same digest was deployed of. The repository is never the sender's word: whoever may
 * deploy an app could else write on another repository of the installation.
 */
export function announceOnGithub(
  deployment: Deployment,
  event: DeploymentEvent,
  {
    places,
    senderOf,
    recent,
    outbox,
  }: {
    places: GithubPlaces | undefined
    senderOf: (deployment: Deployment) => Sender | undefined
    /** The newest first, read as they are taken. */
    recent: (app: string) => Iterable<Deployment>
    outbox: Pick<Outbox, 'add'>
  },
): void {
  const state = stateAfter(deployment, event)
  if (places === undefined || state === undefined) return
  const { app, id, url } = deployment
  if (deployment.source.run_url !== undefined || senderOf(deployment)?.kind === 'oidc') return
  const repository =
    own(places.repositories, app) ??
    first(recent(app), (each) => verifiedRepository(senderOf(each)))
  if (repository === undefined) return
  const sha =
    shaIn(deployment, repository) ??
    first(recent(app), (each) =>
      isSameDigest(each, deployment) ? shaIn(each, repository) : undefined,
    )
  if (sha === undefined) return
  const content: GithubNews = {
    repository,
    sha,
    environment: own(places.environments, app) ?? app,
    state,
    description: describe(deployment, state),
    app,
    deployment: id,
    ...(url?.startsWith('https://') === true ? { url } : {}),
  }
  const news = `${state === 'in_progress' ? 'begin' : 'end'} of ${id}`
  outbox.add({ target: githubTarget(app), news, content, at: event.at })
}

/** It begins when its digest is known: until then nobody knows of which commit it is. */
function stateAfter(
  { status }: Deployment,
  { type }: DeploymentEvent,
): GithubNews['state'] | undefined {
  if (type === 'image') return 'in_progress'
  if (type !== 'finished' || status === 'superseded') return undefined
  return status === 'succeeded' ? 'success' : 'failure'
}

const isSameDigest = (one: Deployment, { image: { digest } }: Deployment) =>
  digest !== undefined && one.image.digest === digest

/** The first thing that is found in one of them, of so many that are looked at. */
function first<T>(
  newestFirst: Iterable<Deployment>,
  find: (deployment: Deployment) => T | undefined,
): T | undefined {
  let seen = 0
  for (const each of newestFirst) {
    const found = find(each)
    seen += 1
    if (found !== undefined || seen >= LOOK_AT) return found
  }
  return undefined
}

/** The commit that a sender named, unless it named another repository with it. */
function shaIn({ source }: Deployment, repository: string): string | undefined {
  const { sha, repository: of = repository } = source
  const isOfIt = of.toLowerCase() === repository.toLowerCase()
  return sha !== undefined && SHA.test(sha) && isOfIt ? sha : undefined
}

function describe({ action, error }: Deployment, state: GithubNews['state']): string {
  if (state === 'in_progress') return `${action} on the VM`
  if (state === 'success') return `${action} on the VM succeeded`
  const why = error === undefined ? '' : `: ${error.code}: ${error.message.split('\n')[0] ?? ''}`
  return shorten(`${action} on the VM failed${why}`, DESCRIPTION_CHARACTERS - 1)
}

const own = (record: Readonly<Record<string, string>>, key: string) =>
  Object.hasOwn(record, key) ? record[key] : undefined
