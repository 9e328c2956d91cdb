import { isAbsolute } from 'node:path'
import type { SiteSettings } from '../core/site.ts'
import type { Config } from './config.ts'
import type { Field, Reader } from './reader.ts'
import { PLAIN_SITE, readSite } from './site.ts'
import { boolean, matching } from './values.ts'

const LISTEN =
  /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]|\*):)?\d{1,5}(?: (?:default_server|ipv6only=on|ipv6only=off))*$/

const NGINX_KEYS = ['directory', 'test', 'reload', 'listen', 'listen_tls', 'proxy_protocol', 'site']

/** How Nginx is told of the receiver's sites, and what holds for all of them unless they say otherwise. */
export function readNginx(
  reader: Reader,
  field: Field | undefined,
): { nginx: Config['nginx']; site: SiteSettings } {
  const keys = reader.mapping(field, NGINX_KEYS)
  const site = readSite(reader, keys.get('site'), PLAIN_SITE)
  const listens = (name: 'listen' | 'listen_tls', otherwise: readonly string[]) => {
    const found = reader
      .list(keys.get(name))
      .flatMap((item) => matching(reader, item, LISTEN, "an address for Nginx's listen") ?? [])
    return found.length === 0 ? otherwise : found
  }
  const proxyProtocol = boolean(reader, keys.get('proxy_protocol')) ?? false
  const behind = keys.get('proxy_protocol')
  if (proxyProtocol && behind !== undefined && site.trustedProxies.length === 0) {
    reader.problem(
      behind,
      'nobody is believed to say who a visitor is: to apps all would come from the address of your load balancer',
      'name its addresses or network under nginx.site.trusted_proxies',
    )
  }
  const directory = reader.text(keys.get('directory')) ?? '/etc/nginx/conf.d'
  const at = keys.get('directory')
  if (at !== undefined && !isAbsolute(directory)) {
    reader.problem(at, `${JSON.stringify(directory)} is not an absolute path`, 'begin it with /')
  }
  const nginx = {
    directory,
    test: matching(reader, keys.get('test'), /\S/, 'a command') ?? 'nginx -t',
    reload: matching(reader, keys.get('reload'), /\S/, 'a command') ?? 'nginx -s reload',
    listen: listens('listen', ['80', '[::]:80']),
    listenTls: listens('listen_tls', ['443', '[::]:443']),
    proxyProtocol,
  }
  return { nginx, site }
}
