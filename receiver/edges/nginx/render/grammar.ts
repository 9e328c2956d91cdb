import { DOMAIN, isAppName, isPath } from '../../../core/dns-name.ts'
import { withoutName } from './preview.ts'
import type { Front, Site } from './site.ts'

const GRAMMAR = {
  app: { test: isAppName },
  domain: DOMAIN,
  listen:
    /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|\*):)?\d{1,5}(?: (?:default_server|ipv6only=on|ipv6only=off))*$/,
  upstream: /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d{1,5}$/,
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
  location: { test: isPath },
  address: /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9a-f:]+\]):\d{1,5}$/,
} as const

/** Throws when something is to get into a file of Nginx that has not the form of its kind. */
export function checkGrammar(site: Site): void {
  const { upstreams, published = [], flags, blocks = [], strips = [], redirectFrom = [] } = site
  const { containers, heard, maintenance, straight, up, previews } = site
  const places = blocks.flatMap((block) => block.places)
  const snippets = places.map(({ snippet }) => snippet)
  checkFront(site)
  checkEach({
    domain: [
      ...redirectFrom,
      ...blocks.flatMap((block) => block.domains),
      ...given(previews?.domain),
    ],
    upstream: [...upstreams.blue, ...upstreams.green, ...published],
    network: given(containers),
    path: [
      flags.green,
      flags.ready,
      flags.paused,
      ...(straight === undefined ? [] : Object.values(straight)),
      ...given(heard),
      ...given(maintenance?.flag),
      ...given(previews?.upstreams),
      ...(up === undefined ? [] : [up.drained, up.apps]),
      ...snippets,
    ].map(previews === undefined ? (path) => path : withoutName),
    location: [...strips, ...places.map(({ path }) => path)],
  })
}

/** Checks what a site says of itself in front. */
export function checkFront({
  app,
  domains,
  listen,
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
}: Front): void {
  checkEach({
    app: [app],
    domain: [...domains, ...(tls?.domains ?? [])],
    listen: [...listen, ...(tls?.listen ?? [])],
    network: trustedProxies,
    path: [
      ...(tls === undefined ? [] : [tls.certificate, tls.key]),
      ...Object.values(errorPages),
      ...[webroot, basicAuth, include].flatMap(given),
    ],
    hsts: given(hsts),
    size: [maxBody],
    milliseconds: [String(timeoutMs)],
    status: Object.keys(errorPages),
    rate: rateLimit === undefined ? [] : [rateLimit.rate],
    'name of a header': Object.keys(headers),
    'value of a header': Object.values(headers),
    burst: rateLimit === undefined ? [] : [String(rateLimit.burst)],
  })
}

/** Throws for the first value that has not the form of its kind. */
export function checkEach(values: Partial<Record<keyof typeof GRAMMAR, readonly string[]>>): void {
  for (const [kind, those] of Object.entries(values)) {
    const wrong = those.find((value) => !GRAMMAR[kind as keyof typeof GRAMMAR].test(value))
    if (wrong === undefined) continue
    throw new Error(`${JSON.stringify(wrong)} cannot stand in an Nginx file as ${kind}`)
  }
}

const given = (value: string | undefined) => (value === undefined ? [] : [value])
