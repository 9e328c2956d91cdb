import type { Config } from '../../config/config.ts'
import { judgeRecords, type Named } from '../../core/dns/judge.ts'
import { askFor, isPublicName, type NameServers } from '../../core/dns/records.ts'
import { type Finding, found } from '../../core/finding.ts'
import { closedPorts, type Ufw } from '../../core/firewall.ts'
import { askNameServers } from '../../edges/dns.ts'
import { ownAddresses } from '../../edges/own-addresses.ts'
import { readUfw } from '../../edges/ufw.ts'
import { tlsSites } from '../site-tls.ts'

/** So many are asked for at once. */
const MOST_NAMES = 100

/** Whether visitors, and the CA, find this machine by its names, and are let in. */
export async function lookAtWayIn(config: Config): Promise<Finding[]> {
  const servers = askNameServers()
  try {
    return [
      ...(await lookAtNames(namesOf(config), { servers, own: ownAddresses() })),
      ...lookAtFirewall(config, readUfw()),
    ]
  } finally {
    servers.close()
  }
}

/** Asks for all of them side by side; a machine without name servers is one finding. */
export async function lookAtNames(
  names: readonly Named[],
  { servers, own }: { servers: NameServers; own: readonly string[] },
): Promise<Finding[]> {
  const asked = await Promise.all(
    names.slice(0, MOST_NAMES).map(async (named) => {
      const records = await askFor(named.domain, named.ca !== undefined, servers)
      return { named, records }
    }),
  )
  if (asked.length === 0) return []
  if (asked.every(({ records: { a, aaaa } }) => a === 'silent' && aaaa === 'silent')) {
    return [found('dns', 'not compared: no name server answers')]
  }
  const more = names.length - asked.length
  const rest = found('dns', `${more} more domains were not looked at`)
  return [
    ...asked.map(({ named, records }) => judgeRecords(named, records, own)),
    ...(more > 0 ? [rest] : []),
  ]
}

/** Those that the world is to know, each once. */
export function namesOf(config: Config): Named[] {
  const { apps, url, page, nginx, tls } = config
  const { hostname } = new URL(url)
  const byCa = new Set(
    tlsSites(config).flatMap(({ names, source }) => (source.kind === 'acme' ? names : [])),
  )
  const ca = { caaName: caaNameOf(tls?.server) }
  const places = [
    {
      domains: [hostname, ...(page?.domain === undefined ? [] : [page.domain])],
      proxies: config.site?.trustedProxies ?? [],
    },
    ...Object.values(apps)
      .filter(({ http }) => http)
      .map(({ domains, redirectFrom, site }) => ({
        domains: [...domains, ...redirectFrom],
        proxies: site.trustedProxies,
      })),
  ]
  const named = places.flatMap(({ domains, proxies }) =>
    domains.filter(isPublicName).map((domain): [string, Named] => [
      domain,
      {
        domain,
        ...(byCa.has(domain) ? { ca } : {}),
        isBehindProxy: nginx.proxyProtocol || proxies.length > 0,
      },
    ]),
  )
  return [...new Map(named).values()]
}

/** What it is called in CAA records is in no directory that is for programs: only that of Let's Encrypt is known. */
const caaNameOf = (server: string | undefined): string | undefined =>
  server !== undefined && new URL(server).hostname.endsWith('.letsencrypt.org')
    ? 'letsencrypt.org'
    : undefined

/** Whether UFW lets visitors come to Nginx. Nothing where there is none that is on. */
export function lookAtFirewall(config: Config, ufw: Ufw | undefined): Finding[] {
  if (ufw === undefined) return []
  const { listen, listenTls } = config.nginx
  const ports = portsOf([...listen, ...(tlsSites(config).length > 0 ? listenTls : [])])
  const closed = closedPorts(ufw, ports)
  if (closed.length === 0) {
    return [found('firewall', `UFW lets visitors come to ${inWords(ports)}`)]
  }
  return [
    found('firewall', {
      message: `UFW lets nobody come to ${inWords(closed)}, where Nginx is to listen`,
      hint: closed.map((port) => `sudo ufw allow ${port}/tcp`).join('\n'),
    }),
  ]
}

const inWords = (ports: readonly number[]) =>
  `port${ports.length === 1 ? '' : 's'} ${ports.join(' and ')}`

/** Of those addresses that others can come to: `80`, `[::]:80`, `192.0.2.1:80`. */
function portsOf(listen: readonly string[]): number[] {
  const ports = listen.flatMap((each) => {
    const [where = ''] = each.split(' ')
    const at = where.lastIndexOf(':')
    const host = where.slice(0, Math.max(at, 0)).replace(/^\[(.*)\]$/, '$1')
    return host.startsWith('127.') || host === '::1' ? [] : Number(where.slice(at + 1))
  })
  return [...new Set(ports)]
}
