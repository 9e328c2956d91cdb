import { checkEach } from './grammar.ts'
import type { Site } from './site.ts'
import { OWN_VARIABLE } from './variables.ts'

/** How Nginx tells the receiver of requests, beside whatever else it logs. */
export interface TrafficLog {
  /** UDP, on this machine. */
  port: number
  /**
   * Whether all sites are to: not when the receiver does not want to hear, when they log nothing, or when it is not known what they log, for one `access_log` takes the place of
   * those that stand further out. `instead`: the file that they would log to if none was there.
   */
  all?: { instead?: string }
}

/** Of requests that are none of an app's it is empty, and nothing is said when it is read before it is set. */
const SLOT = `$${OWN_VARIABLE}`
/** Of a request that is told of: its slot. */
const TOLD = '$receiver_told'
/** Of a worker that had a site's older files when it was asked whether it has the new ones they came to the app. */
const OWN_QUESTIONS = '~^/\\.well-known/deploy-receiver/'

/**
 * In a location of an app: while nobody hears it, Nginx sends nothing, for of every second datagram it would say in its log that it
 * cannot be sent. A location without this, of a file that somebody edited, tells of its requests in any case.
 */
export const tellNobody = ({ heard }: Pick<Site, 'heard'>): string =>
  heard === undefined ? '' : `if (!-f ${heard}) { set ${TOLD} ""; }\n`

/**
 * Stands outside of server blocks, where one `access_log` more takes nothing from those that are there, and none of the files of apps
 * has to know of it. Nginx sends a datagram for each request and waits for nothing; no word of the visitor's own is in it. The format
 * is there in any case: a site of somebody's own may name it.
 */
export function trafficLog({ port, all }: TrafficLog): string {
  const format = `deploy_receiver_${port}`
  const line = `access_log syslog:server=127.0.0.1:${port},nohostname,tag=deploy_receiver ${format} if=${TOLD};\n`
  const instead = all?.instead
  checkEach({ path: instead === undefined ? [] : [instead] })
  return `# Requests of apps, for their figures. A server block with an access_log of its own needs this line too:
#   ${line}map $pid ${SLOT} { default ""; }
map $request_uri ${TOLD} { default ${SLOT}; ${OWN_QUESTIONS} ""; }
log_format ${format} '$proxy_host ${SLOT} $status $upstream_header_time';
${instead === undefined ? '' : `access_log ${instead}; # as by default, which the next one would end\n`}${all === undefined ? '' : line}`
}
