import { calledIn } from './preview.ts'
import type { Site } from './site.ts'
import { indent } from './text.ts'
import { everywhere } from './tls.ts'

/** Nobody knows how long it takes, and nobody is to ask all the time. */
export const RETRY_SECONDS = 60
/** What stands below it is asked for by load balancers and by the receiver. */
const OF_OURS = '/\\.well-known/deploy-receiver/'
/** What can stand in a pattern, and is what Nginx compares with: nothing encoded, no query. */
const PLAIN_PATH = /^\/[A-Za-z0-9._~/-]*$/

/**
 * In a location: turns visitors away while there is maintenance, but for what asks for the app's health. The variable is one that
 * each app has anyway: with more of them Nginx warns of `variables_hash` the sooner.
 */
export function holdOff({
  maintenance,
  strips = [],
}: Pick<Site, 'maintenance' | 'strips'>): string {
  if (maintenance === undefined) return ''
  const { flag, health = '' } = maintenance
  const [path = ''] = health.split('?')
  const isPlain = PLAIN_PATH.test(path)
  const escaped = (text: string) => text.replaceAll('.', '\\.')
  // a visitor asks for it below the path that is taken off
  const below = strips.length === 0 ? '' : `(?:${strips.map(escaped).join('|')})?`
  const answered = [...(isPlain ? [`${below}${escaped(path)}\\z`] : []), OF_OURS]
  return `set $receiver_why "";
if (-f ${flag}) { set $receiver_why $uri; }
if ($receiver_why ~ "^(${answered.join('|')})") { set $receiver_why ""; }
if ($receiver_why) { return 503; }
`
}

/** In the location that asks visitors to wait: what they are told instead. A file that Nginx remembers not to be there would be too late. */
export const maintenancePage = (site: Site): string =>
  site.maintenance === undefined
    ? ''
    : `open_file_cache off;
if (-f ${site.maintenance.flag}) {
${indent(everywhere(site, ['retry-after', 'cache-control']))}  add_header Retry-After ${RETRY_SECONDS} always;
  add_header Cache-Control no-store always;
  return 503 "<!doctype html><title>Maintenance</title><p>${calledIn(site)} is down for maintenance. Please try again later.</p>\\n";
}
`
