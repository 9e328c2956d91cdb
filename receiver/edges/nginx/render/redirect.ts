import { isSecure, type Site } from './site.ts'
import { portOf } from './tls.ts'
import { visitorScheme } from './trust.ts'

/** Sends a visitor on to the first domain, where that is best met: method, path and query stay, and over plain HTTP a port, too. */
export function redirect(site: Site, isOverTls: boolean): string {
  const first = site.domains[0] ?? ''
  const to = (where: string) => `return 308 ${where}$request_uri;\n`
  if (isSecure(site, first)) return to(`https://${first}${portOf(site)}`)
  if (isOverTls) return to(`http://${first}`)
  const { lines, scheme } = visitorScheme(site)
  return `${lines}set $receiver_port "";
if ($http_host ~ "(?<receiver_port>:\\d+)$") { }
${to(`${scheme}://${first}$receiver_port`)}`
}
