import { DOMAIN, isAppName } from '../../../core/dns-name.ts'
import type { Site } from './site.ts'

const GRAMMAR = {
  app: { test: isAppName },
  domain: DOMAIN,
  listen:
    /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|\*):)?\d{1,5}(?: (?:default_server|ipv6only=on|ipv6only=off))*$/,
  upstream: /^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/,
  network: /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]+)\/\d{1,3}$/,
  path: /^\/[A-Za-z0-9._/-]+$/,
  hsts: /^max-age=\d{1,10}(?:; includeSubDomains)?(?:; preload)?$/,
  size: /^(?:\d{1,12}|\d{1,9}[kmg])$/,
  milliseconds: /^\d{1,10}$/,
  status: /^[45]\d\d$/,
  rate: /^[1-9]\d{0,5}r\/[sm]$/,
  burst: /^\d{1,7}$/,
  'name of a header': /^[A-Za-z][A-Za-z0-9_-]{0,39}$/,
  'value of a header': /^[\x20-\x7e]*$/,
} as const

/** Throws when something is to get into a file of Nginx that has not the form of its kind. */
export function checkGrammar({
  app,
  domains,
  listen,
  upstreams: { blue, green },
  flags,
  trustedProxies,
  tls,
  webroot,
  hsts,
  maxBody = '100m',
  timeoutMs = 0,
  rateLimit,
  headers = {},
  basicAuth,
  include,
  errorPages = {},
  containers,
  maintenance,
}: Site): void {
  const ofTls = tls === undefined ? [] : [tls.certificate, tls.key]
  const values: Record<keyof typeof GRAMMAR, readonly string[]> = {
    app: [app],
    domain: [...domains, ...(tls?.domains ?? [])],
    listen: [...listen, ...(tls?.listen ?? [])],
    upstream: [...blue, ...green],
    network: [...trustedProxies, ...given(containers)],
    path: [
      ...[flags.green, flags.ready, flags.paused, ...ofTls, ...Object.values(errorPages)],
      ...[webroot, basicAuth, include, maintenance?.flag].flatMap(given),
    ],
    hsts: given(hsts),
    size: [maxBody],
    milliseconds: [String(timeoutMs)],
    status: Object.keys(errorPages),
    rate: rateLimit === undefined ? [] : [rateLimit.rate],
    'name of a header': Object.keys(headers),
    'value of a header': Object.values(headers),
    burst: rateLimit === undefined ? [] : [String(rateLimit.burst)],
  }
  for (const [kind, those] of Object.entries(values)) {
    const wrong = those.find((value) => !GRAMMAR[kind as keyof typeof GRAMMAR].test(value))
    if (wrong === undefined) continue
    throw new Error(`${JSON.stringify(wrong)} cannot stand in an Nginx file as ${kind}`)
  }
}

const given = (value: string | undefined) => (value === undefined ? [] : [value])
