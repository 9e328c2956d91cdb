import { isDeepStrictEqual } from 'node:util'
import { parseVerifyingKey } from '../../protocol/standard-webhooks.ts'
import type { AppConfig, Config } from '../config/config.ts'
import { acceptedHosts } from '../http/hosts.ts'
import { proxies } from '../http/limits/client-address.ts'
import { createTokenBuckets } from '../http/limits/token-buckets.ts'
import type { HttpApp, Services } from '../http/services.ts'

/** The config that is in force, and what is made of it once. */
export interface CurrentConfig extends Pick<Services, 'hosts' | 'apps' | 'isProxy' | 'buckets'> {
  config: Config
}

/** Puts a config in force. A limit that stays the same goes on counting. */
export function takeConfig(config: Config, before?: CurrentConfig): CurrentConfig {
  const same = before !== undefined && isDeepStrictEqual(before.config.rateLimit, config.rateLimit)
  return {
    config,
    hosts: acceptedHosts(config.url, config.listen),
    apps: new Map(Object.values(config.apps).map((app) => [app.name, httpApp(app)])),
    isProxy: proxies(config.trustedProxies),
    buckets: same ? before.buckets : createTokenBuckets(config.rateLimit, () => performance.now()),
  }
}

function httpApp(app: AppConfig): HttpApp {
  const { oidc, keys, secrets, basic, github } = app.auth
  return {
    spec: app,
    domains: app.domains,
    credentials: {
      oidc,
      webhookKeys: [...keys, ...secrets].map(parseVerifyingKey),
      basic,
      github,
    },
  }
}
