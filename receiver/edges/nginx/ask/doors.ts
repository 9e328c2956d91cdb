import { isIP } from 'node:net'
import { ownAddresses } from '../../own-addresses.ts'

/** A way in to Nginx, from this machine. */
export interface Door {
  /** An IP address, or the path of a socket. */
  at: string
  /** 0 for a socket that is a file. */
  port: number
  tls: boolean
  /** Whether a line of the PROXY protocol comes first. */
  hasPreamble: boolean
}

/**
 * Where what stands behind Nginx's `listen` is met from this machine. Of all addresses loopback is the first, the machine's own
 * are for when another site has loopback for itself. Nowhere when it is HTTP/3 alone, or under a name: those are not looked up.
 */
export function doorsOf(listen: string, own?: readonly string[]): Door[] {
  const [where = '', ...parameters] = listen.trim().split(/\s+/)
  if (parameters.includes('quic')) return []
  const kind = {
    tls: parameters.includes('ssl'),
    hasPreamble: parameters.includes('proxy_protocol'),
  }
  if (where.startsWith('unix:')) return [{ at: where.slice('unix:'.length), port: 0, ...kind }]
  const { host, port } = addressOf(where)
  return addresses(host, own).map((at) => ({ at, port, ...kind }))
}

/** `listen` takes a port, an address, or both. */
function addressOf(where: string): { host: string; port: number } {
  if (/^\d{1,5}$/.test(where)) return { host: '*', port: Number(where) }
  const [, host = '', port = '80'] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(where) ?? []
  return { host, port: Number(port) }
}

function addresses(host: string, own: readonly string[] | undefined): string[] {
  const ofMachine = (version: 4 | 6) => (own ?? ownAddresses()).filter((at) => isIP(at) === version)
  if (host === '*' || host === '0.0.0.0') return ['127.0.0.1', ...ofMachine(4)]
  if (host === '[::]') return ['::1', ...ofMachine(6)]
  if (host === 'localhost') return ['127.0.0.1']
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? [] : [bare]
}

/** For people: `127.0.0.1:8080`, `[::1]:80`. */
export const nameOf = ({ at, port }: Pick<Door, 'at' | 'port'>): string =>
  at.startsWith('/') ? at : `${isIP(at) === 6 ? `[${at}]` : at}:${port}`
