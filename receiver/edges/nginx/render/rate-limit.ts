import type { Site } from './site.ts'

/** No app has a dot in its name, and nobody else's zone ours. */
const zoneOf = (app: string) => `deploy-receiver.${app}`

/** What each visitor has had, outside of server blocks: 10 MB are some 80,000 addresses, the oldest of which make room. */
export const rateZone = ({ app, rateLimit }: Site): string =>
  rateLimit === undefined
    ? ''
    : `limit_req_zone $binary_remote_addr zone=${zoneOf(app)}:10m rate=${rateLimit.rate};\n`

/** For the location that passes requests on: what Nginx answers by itself is nobody's load. */
export function limitRate({ app, rateLimit }: Site): string {
  if (rateLimit === undefined) return ''
  const burst = rateLimit.burst === 0 ? '' : ` burst=${rateLimit.burst} nodelay`
  return `limit_req zone=${zoneOf(app)}${burst};
limit_req_status 429;
`
}
