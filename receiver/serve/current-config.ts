import { isDeepStrictEqual } from 'node:util'
import { parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import type { AppConfig, Config, PageConfig, PreviewsConfig } from '../config/config.ts'
import { previewConfig } from '../config/previews/named.ts'
import { defined } from '../core/defined.ts'
import { authorizeUrl } from '../edges/github/authorize-url.ts'
import type { Services } from '../http/app.ts'
import type { HttpApp } from '../http/apps.ts'
import { adminHosts, publicHosts } from '../http/hosts.ts'
import { proxies } from '../http/limits/client-address.ts'
import { createTokenBuckets } from '../http/limits/token-buckets.ts'

/** The config that is in force, and what is made of it once. Its apps are another matter: these come and go (`core/apps.ts`). */
export interface CurrentConfig extends Pick<Services, 'hosts' | 'isProxy' | 'buckets'> {
  config: Config
  /** GitHub as a way in to the page; `undefined`: it is not configured. */
  github: Services['github']
}

/** Puts a config in force. A limit that stays the same goes on counting. */
export function takeConfig(config: Config, before?: CurrentConfig): CurrentConfig {
  const same = before !== undefined && isDeepStrictEqual(before.config.rateLimit, config.rateLimit)
  return {
    config,
    hosts: {
      public: publicHosts(config.url, config.listen),
      admin: adminHosts(config.url, config.admin),
    },
    isProxy: proxies(config.trustedProxies),
    github: config.page?.github === undefined ? undefined : githubSignIn(config.page.github),
    buckets: same ? before.buckets : createTokenBuckets(config.rateLimit, () => performance.now()),
  }
}

/** Octokit is loaded when somebody comes by GitHub. */
function githubSignIn({
  clientId,
  clientSecret,
  ...allowed
}: Required<PageConfig>['github']): NonNullable<Services['github']> {
  const made = async () => (await import('../edges/github/sign-in.ts')).githubPerson
  return {
    authorizeUrl: (asked) => authorizeUrl({ clientId, allowed }, asked),
    personOf: async (answer) => (await made())({ clientId, clientSecret, allowed }, answer),
  }
}

/** The config with all apps that there are, previews too, made anew whenever it or they are others: each app's site is made by it. */
export function withAllApps(
  config: () => Config,
  all: () => ReadonlyMap<string, AppConfig>,
): () => Config {
  let from: { config: Config; apps: ReadonlyMap<string, AppConfig> } | undefined
  let made: Config | undefined
  return () => {
    if (made === undefined || from?.config !== config() || from.apps !== all()) {
      from = { config: config(), apps: all() }
      made = { ...from.config, apps: Object.fromEntries(from.apps) }
    }
    return made
  }
}

/** The apps as the HTTP side knows them. */
export const httpApps = (
  all: () => ReadonlyMap<string, AppConfig>,
): (() => ReadonlyMap<string, HttpApp>) =>
  madeOf(all, (apps) => new Map([...apps].map(([name, app]) => [name, httpApp(app)])))

/** What is made of all apps, made anew whenever they are others. */
export function madeOf<T>(
  all: () => ReadonlyMap<string, AppConfig>,
  make: (apps: ReadonlyMap<string, AppConfig>) => T,
): () => T {
  let last: { of: ReadonlyMap<string, AppConfig>; made: T } | undefined
  return () => {
    const of = all()
    if (last?.of !== of) last = { of, made: make(of) }
    return last.made
  }
}

function httpApp(app: AppConfig): HttpApp {
  const { oidc, keys, secrets, basic, github } = app.auth
  const { previews } = app
  return {
    spec: app,
    domains: app.domains,
    credentials: {
      oidc,
      webhookKeys: [...keys, ...secrets].map(parseVerifyingKey),
      basic,
      github,
      ...(previews === undefined ? {} : { previews: credentialsOf(previews) }),
    },
    ...(previews === undefined
      ? {}
      : {
          previews: {
            max: previews.max,
            ttlMs: previews.ttlMs,
            ...defined({ broken: previews.broken }),
            specOf: (name) => previewConfig(app, previews, name),
          },
        }),
  }
}

const credentialsOf = ({ auth: { oidc, keys, secrets } }: PreviewsConfig) => ({
  oidc,
  webhookKeys: [...keys, ...secrets].map(parseVerifyingKey),
})
