import { hasPage, pageLocations, sendTo } from './error-pages.ts'
import { grpcAnswers, grpcLocation } from './grpc.ts'
import { gzip } from './gzip.ts'
import { holdOff } from './maintenance.ts'
import { passOn } from './pass-on.ts'
import { calledIn } from './preview.ts'
import { askPassword } from './password.ts'
import { limitRate } from './rate-limit.ts'
import { servedLocation } from './served.ts'
import type { Site } from './site.ts'
import { stripPrefix } from './strip-prefix.ts'
import { absent, choose, moved, passTo, straightOn, tellSlot } from './slot.ts'
import { everywhere } from './tls.ts'
import { tellNobody } from './traffic.ts'
import { believe } from './trust.ts'
import type { Names } from './variables.ts'

/** What an app needs of its server block, and of a location of it: the rendered site and the snippets are made of these. */
export const inServer = (site: Site, names: Names) => `${servedLocation(calledIn(site))}
${besideLocation(site, names)}${site.protocol === 'grpc' ? '' : pageLocations(site, names)}`

/** What the location of an app leads to when its slot does not answer. */
export const besideLocation = (site: Site, names: Names) =>
  site.protocol === 'grpc'
    ? grpcAnswers(site, names)
    : `${absent(site, names)}
${moved(site, names)}`

export function inLocation(site: Site, names: Names): string {
  const waiting = [
    `if (!-f ${site.flags.ready}) { return 503; } # nothing is live before the first deployment\n`,
    site.pauses
      ? `if (-f ${site.flags.paused}) { return 503; } # nor while one version takes the other's place\n`
      : '',
  ]
  const first = `open_file_cache off; # a cached "no such file" would delay the swap
${believe(site)}${straightOn(site)}${choose(site, names)}${tellSlot(names)}${tellNobody(site)}${holdOff(site)}${waiting.join('')}`
  return site.protocol === 'grpc'
    ? `${first}${grpcLocation(site, names)}`
    : `${first}${httpLocation(site, names)}`
}

const httpLocation = (site: Site, names: Names): string =>
  `${hasPage(site, '503') ? '' : `error_page 503 ${names.absent};\n`}error_page 502 504 = ${names.moved};
${sendTo(site, ['502', '504'])}client_max_body_size ${site.maxBody ?? '100m'}; # a body is kept on this disk until all of it is here
${limitRate(site)}${askPassword(site)}${gzip(site)}${everywhere(site)}${passTo(site, names)}${passOn(site)}${stripPrefix(site.strips)}`
