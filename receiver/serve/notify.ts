import type { Config, GithubAppConfig } from '../config/config.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type Courier, startCourier } from '../core/notify/courier.ts'
import { DeliveryError } from '../core/notify/delivery-error.ts'
import { type GithubNews, githubTarget, isGithubTarget } from '../core/notify/github-news.ts'
import { appOf, type News } from '../core/notify/news.ts'
import type { Entry } from '../core/notify/outbox.ts'
import type { TargetState, Trial } from '../core/notify/state.ts'
import { heardBy, type Target } from '../core/notify/target.ts'
import type { ShowOnGithub } from '../edges/github/statuses.ts'
import { createPost } from '../edges/notify/post.ts'
import { type Told, tell } from '../edges/notify/send.ts'
import { publicPageUrl } from './http-services.ts'
import type { OpenStore } from './open-store.ts'

export interface Notify extends Courier {
  /** Each target, and GitHub if it is one, and how it is told lately. */
  describe(): TargetState[]
  /** Sends a test to one target, or to all. */
  test(name: string | undefined): Promise<Trial[]>
}

/** Longest that a test of one target may take. */
const TRIAL_MS = 30_000

/** Tells whoever the config in force names what waits for them. */
export function startNotify(
  config: () => Config,
  {
    store: { outbox },
    clock,
    log,
    environment,
    signal,
  }: {
    store: Pick<OpenStore, 'outbox'>
    clock: Clock
    log: Log
    environment: NodeJS.ProcessEnv
    signal: AbortSignal
  },
): Notify {
  const post = createPost(environment)
  const github = githubOf(config, environment)

  const tellTarget = (target: Target, told: Told, ending: AbortSignal) => {
    const pageUrl = publicPageUrl(config())
    const from = { url: config().url, ...(pageUrl === undefined ? {} : { pageUrl }) }
    return tell(target, told, { from, post }, ending)
  }
  const send = async ({ id, target: name, content }: Entry, ending: AbortSignal) => {
    if (isGithubTarget(name)) {
      const show = await github()
      await show?.(content as GithubNews, ending)
      return show && 'told'
    }
    const news = content as News
    const target = config().notify.find((each) => each.name === name)
    if (target === undefined || heardBy(target, [news.kind], appOf(news)) === undefined)
      return undefined
    await tellTarget(target, { id, news }, ending)
    return 'told'
  }
  const courier = startCourier({ outbox, send, clock, log, random: Math.random }, signal)

  const test = async (target: Target): Promise<Trial> => {
    const { name, way } = target
    const told = { id: `test_${crypto.randomUUID()}`, trialAt: clock.now() }
    const late = AbortSignal.any([signal, AbortSignal.timeout(TRIAL_MS)])
    try {
      return { name, kind: way.kind, ok: true, answer: await tellTarget(target, told, late) }
    } catch (error) {
      const { message, hint } = error as DeliveryError
      return {
        name,
        kind: way.kind,
        ok: false,
        answer: message,
        ...(hint === undefined ? {} : { hint }),
      }
    }
  }
  return {
    ...courier,
    describe() {
      const now = new Date(clock.now())
      const { notify, githubApp, apps } = config()
      return [
        ...notify.map(({ name, way }) => ({ name, kind: way.kind, ...outbox.record(name, now) })),
        ...(githubApp === undefined ? [] : Object.keys(apps)).map((app) => {
          const name = githubTarget(app)
          return { name, kind: 'github', ...outbox.record(name, now) }
        }),
      ]
    },
    test: (name) =>
      Promise.all(
        config()
          .notify.filter((each) => name === undefined || each.name === name)
          .map(test),
      ),
  }
}

/** Octokit is loaded when there is something to show, and made anew for another app. */
function githubOf(
  config: () => Config,
  environment: NodeJS.ProcessEnv,
): () => Promise<ShowOnGithub | undefined> {
  let made: { of: GithubAppConfig; show: ShowOnGithub } | undefined
  return async () => {
    const { githubApp } = config()
    if (githubApp === undefined) return undefined
    if (made?.of === githubApp) return made.show
    const { createGithubStatuses } = await import('../edges/github/statuses.ts')
    made = {
      of: githubApp,
      show: createGithubStatuses(githubApp, () => publicPageUrl(config()), environment),
    }
    return made.show
  }
}
