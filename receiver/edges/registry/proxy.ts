import { DeployError } from '../../core/errors.ts'
import { isInside, parseAddress, parseNetwork } from '../../core/ip-address.ts'

/** As in HTTP_PROXY, HTTPS_PROXY and NO_PROXY; `''` for none. */
export interface Proxies {
  http: string
  https: string
  except: string
}

/** Hosts that need no network. */
export const ON_THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** What Docker shows in place of a user and password. */
const MASKED = /\/\/x+:x+@/

/** Those of the environment, else Docker's. */
export function proxiesFrom(env: NodeJS.ProcessEnv, docker: Proxies | undefined): Proxies {
  const set = (name: string) => env[name] || env[name.toLowerCase()]
  return {
    http: set('HTTP_PROXY') || docker?.http || '',
    https: set('HTTPS_PROXY') || docker?.https || '',
    except: set('NO_PROXY') || docker?.except || '',
  }
}

/**
 * The proxy through which a URL is asked, as Go's programs and so Docker choose it (pkg.go.dev/golang.org/x/net/http/httpproxy);
 * `undefined` for none: nothing on this machine is asked through one. Throws `DeployError` for one that cannot be used.
 */
export function proxyFor(url: URL, { http, https, except }: Proxies): URL | undefined {
  const text = url.protocol === 'https:' ? https : http
  if (text === '' || ON_THIS_MACHINE.test(url.hostname) || isExcepted(url, except)) return undefined
  const proxy = text.includes('://') ? text : `http://${text}`
  if (MASKED.test(proxy)) {
    throw unusable('Docker does not tell the password of its proxy')
  }
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return new URL(proxy)
  // there may be a password in it
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  throw unusable(
    `what is set as ${name}, for the receiver or for Docker, is not an http or https URL`,
  )
}

/** Whether NO_PROXY names a host: `*`, a domain with all below it, one with a dot before it for those below alone, an address or a network. */
function isExcepted({ hostname, port, protocol }: URL, except: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const address = parseAddress(host)
  const usedPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  return except
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== '')
    .some((part) => {
      if (part === '*') return true
      if (part.includes('/')) {
        const network = parseNetwork(part)
        return address !== undefined && network !== undefined && isInside(address, [network])
      }
      const [, name = part, onlyPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(part) ?? []
      if (onlyPort !== undefined && onlyPort !== usedPort) return false
      const bare = name.replace(/^\[|\]$/g, '').replace(/^\*/, '')
      return bare.startsWith('.') ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`)
    })
}

const unusable = (why: string) =>
  new DeployError('registry_unreachable', why, {
    hint: 'set HTTPS_PROXY in the receiver’s environment, like http://proxy.example.com:3128; with a user and a password before the host if it wants them, and / : @ in those as %2F %3A %40',
  })
