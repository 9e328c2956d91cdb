import { RETRY_SECONDS } from './maintenance.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { everywhere } from './tls.ts'
import type { Names } from './variables.ts'

/** No app is asked for what is below it, and a visitor who asks for it does not get the page. */
const addressOf = (app: string, status: string) =>
  `/.well-known/deploy-receiver/errors/${app}/${status}`

/** Whether a page stands for the answer that Nginx itself gives with this status. */
export const hasPage = ({ errorPages = {} }: Site, status: string): boolean =>
  Object.hasOwn(errorPages, status)

/** For a place that answers: pages for what Nginx itself says there, but for statuses of which something else becomes. */
export function sendTo({ app, errorPages = {} }: Site, besides: readonly string[] = []): string {
  const statuses = Object.keys(errorPages).filter((status) => !besides.includes(status))
  if (Object.keys(errorPages).length === 0) return ''
  const pages = statuses.map((status) => `error_page ${status} ${addressOf(app, status)};\n`)
  return `recursive_error_pages on; # of what cannot be passed on elsewhere either\n${pages.join('')}`
}

/** The pages' own locations, in the server block. */
export function pageLocations(site: Site, names: Names): string {
  const pages = Object.entries(site.errorPages ?? {})
  if (pages.length === 0) return ''
  const locations = pages.map(([status, file]) => pageLocation(site, names, { status, file }))
  return `\n# Pages for what Nginx itself answers, and a word where one cannot be read
${locations.join('')}location ${names.plain} {
  internal;
  default_type text/html;
  add_header Cache-Control no-store always;
${indent(everywhere(site, ['cache-control']))}  return 200 "<!doctype html><title>Sorry</title><p>That did not work.</p>\\n"; # the status stays
}
`
}

function pageLocation(
  site: Site,
  names: Names,
  { status, file }: { status: string; file: string },
): string {
  const waits = status === '503'
  const own = ['cache-control', ...(waits ? ['retry-after'] : [])]
  return `location = ${addressOf(site.app, status)} {
  internal;
  alias ${file};
  default_type text/html;
  auth_basic off;
  allow all;
  recursive_error_pages on;
  error_page 403 404 =${status} ${waits ? names.absent : names.plain};
${waits ? indent(retryAfter(site)) : ''}  add_header Cache-Control no-store always;
${indent(everywhere(site, own))}}
`
}

/** The variable is one that each app has anyway. */
const retryAfter = ({ maintenance }: Site): string =>
  maintenance === undefined
    ? 'add_header Retry-After 5 always;\n'
    : `open_file_cache off;
set $receiver_why 5;
if (-f ${maintenance.flag}) { set $receiver_why ${RETRY_SECONDS}; }
add_header Retry-After $receiver_why always;
`
