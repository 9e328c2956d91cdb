import { isLoopback } from '../ip-address.ts'
import type { AppSpec } from '../app.ts'
import type { Container } from './container.ts'
import type { Listener, SlotPorts } from './ports.ts'

const SHOWN_PORTS = 5

/** Why nobody answers at a container's port, by what listens inside of it; `undefined` when that tells nothing. */
export function whereItListens(
  { name, health }: Pick<AppSpec, 'name' | 'health'>,
  container: Pick<Container, 'port' | 'pid'>,
  { listeners }: Pick<SlotPorts, 'listeners'>,
): { text: string; hint: string } | undefined {
  const port = health.port ?? container.port
  const all = listeners(container)
  const here = all.filter((each) => each.port === port)
  if (here.some(({ address }) => !isLoopback(address))) return undefined
  if (here.length > 0) {
    return {
      text: `it listens on ${show(here)} only: listen on 0.0.0.0`,
      hint: `its loopback is the container's own, which Nginx does not reach: have it listen on all addresses (HOST=0.0.0.0, --host 0.0.0.0, or as its framework calls it)`,
    }
  }
  const reachable = all.filter(({ address }) => !isLoopback(address))
  const [first] = reachable.length > 0 ? reachable : all
  if (first === undefined) return undefined
  return {
    text: `it listens on ${show(reachable.length > 0 ? reachable : all)}, not on ${port}`,
    hint: `set apps.${name}.${health.port === undefined ? 'port' : 'health.port'} to the port that it listens on`,
  }
}

/** `3000`, or `127.0.0.1:3000` where it matters; each once. */
function show(listeners: readonly Listener[]): string {
  const texts = listeners.map(({ address, port }) => {
    if (!isLoopback(address)) return String(port)
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  })
  return [...new Set(texts)].slice(0, SHOWN_PORTS).join(' and ')
}
