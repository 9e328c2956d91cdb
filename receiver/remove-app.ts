import type { Engine } from './core/ports.ts'
import type { SiteFiles } from './edges/nginx/sites.ts'
import type { SlotFiles } from './edges/slots.ts'
import type { Store } from './edges/store/store.ts'

const GRACE_MS = 10_000

/**
 * Takes an app off this machine: out of Nginx first, so that nobody is sent to what stops, then its containers, and at last
 * where it stood, which frees its addresses. Again after a crash, it goes on. Its volumes, images and history stay.
 */
export async function removeApp(
  app: string,
  {
    engine,
    sites,
    slots,
    store,
  }: { engine: Engine; sites: SiteFiles; slots: SlotFiles; store: Store },
): Promise<string[]> {
  const containers = await engine.containers(app)
  const wasServed = await sites.remove(app)
  const wasLive = store.liveApps().includes(app)
  slots.clear(app)
  for (const { name } of containers) await engine.remove(name, { graceMs: GRACE_MS })
  store.forget(app, { code: 'app_removed', message: `${app} was removed from this machine` })
  return [
    ...(wasServed ? ["Nginx's file"] : []),
    ...containers.map(({ name }) => `container ${name}`),
    ...(wasLive ? ['its place in the store'] : []),
  ]
}
