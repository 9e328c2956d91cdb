import type { AppConfig, Config } from './config/config.ts'
import { createDeployer, type Deployer } from './core/deployer.ts'
import type { Ports } from './core/ports.ts'
import type { SiteFiles } from './edges/nginx/sites.ts'
import type { Store } from './edges/store/store.ts'

/** The apps of the config at work: a deployer and a file for Nginx each. */
export interface Fleet {
  /** Takes these apps in place of the ones before. Those that are gone are left running. Throws `nginx_failed`. */
  take(apps: Config['apps']): Promise<void>
  /** Tells the deployer of an app to look, or those of all. */
  wake(app?: string): void
  /** Lets each of them remove the images that it does not keep. */
  tidy(): void
  stop(): Promise<void>
}

export function createFleet({
  ports,
  sites,
  store,
}: {
  ports: Ports
  sites: SiteFiles
  store: Pick<Store, 'upstreams'>
}): Fleet {
  const members = new Map<string, { app: AppConfig; deployer: Deployer }>()

  const show = async (apps: readonly AppConfig[]) => {
    // all at once: Nginx is tested and reloaded for them once
    const served = apps.filter(({ http }) => http)
    await sites.ensure(
      Object.fromEntries(
        served.map(({ name, port = 80, replicas }) => [
          name,
          store.upstreams(name, { port, replicas }),
        ]),
      ),
    )
    for (const { name, http } of apps) if (!http) await sites.remove(name)
  }

  return {
    async take(apps) {
      await show(Object.values(apps))
      for (const [name, { deployer }] of members) {
        if (Object.hasOwn(apps, name)) continue
        members.delete(name)
        await deployer.stop()
      }
      for (const app of Object.values(apps)) {
        const member = members.get(app.name)
        if (member === undefined) {
          const now = () => members.get(app.name)?.app ?? app
          members.set(app.name, { app, deployer: createDeployer(now, ports) })
        } else member.app = app
      }
    },
    tidy() {
      for (const { deployer } of members.values()) deployer.tidy()
    },
    wake(name) {
      if (name !== undefined) return members.get(name)?.deployer.wake()
      for (const { deployer } of members.values()) deployer.wake()
    },
    async stop() {
      await Promise.all([...members.values()].map(({ deployer }) => deployer.stop()))
    },
  }
}
