import { type Dispatcher, fetch as fetchBy, ProxyAgent } from 'undici'
import { proxiesFrom, proxyFor } from '../registry/proxy.ts'

/** `fetch`, through the proxy that the environment has for a URL: Node's own knows of none by itself. */
export function proxiedFetch(env: NodeJS.ProcessEnv): typeof fetch {
  const proxies = proxiesFrom(env, undefined)
  const made = new Map<string, Dispatcher>()
  const through = (uri: string): Dispatcher => {
    const dispatcher = made.get(uri) ?? new ProxyAgent(uri)
    made.set(uri, dispatcher)
    return dispatcher
  }
  const proxied = async (to: URL | string, init: object) => {
    const proxy = proxyFor(new URL(to), proxies)
    return fetchBy(to, {
      ...init,
      ...(proxy === undefined ? {} : { dispatcher: through(proxy.href) }),
    })
  }
  return proxied as typeof fetch
}
