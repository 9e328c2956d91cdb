import { calledIn } from './preview.ts'
import type { Site } from './site.ts'

/** No app has a dot in its name, and nobody else's zone ours. */
const zoneOf = ({ app, previews }: Site) =>
  previews === undefined ? `deploy-receiver.${app}` : `deploy-receiver.${app}.previews`

/** Whose share is counted: a visitor's, of each preview for itself. */
const keyOf = (site: Site) =>
  site.previews === undefined ? '$binary_remote_addr' : `${calledIn(site)}$binary_remote_addr`

/** What each visitor has had, outside of server blocks: 10 MB are some 80,000 addresses, the oldest of which make room. */
export const rateZone = (site: Site): string =>
  site.rateLimit === undefined
    ? ''
    : `limit_req_zone ${keyOf(site)} zone=${zoneOf(site)}:10m rate=${site.rateLimit.rate};\n`

/** For the location that passes requests on: what Nginx answers by itself is nobody's load. */
export function limitRate(site: Site): string {
  const { rateLimit } = site
  if (rateLimit === undefined) return ''
  const burst = rateLimit.burst === 0 ? '' : ` burst=${rateLimit.burst} nodelay`
  return `limit_req zone=${zoneOf(site)}${burst};
limit_req_status 429;
`
}
