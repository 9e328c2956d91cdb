import type { AppSpec } from './app.ts'
import { createDeployer, type Deployer } from './deployer.ts'
import type { OnEdit } from './on-edit.ts'
import type { ReconcilePorts } from './reconcile.ts'
import { createTurns } from './turns.ts'

/** The apps at work, with a deployer each: whoever needs to know an app asks here, for they come and go while it runs. */
export interface Apps<App extends AppSpec> {
  /** By name. Another map as soon as an app comes, goes or changes. */
  all(): ReadonlyMap<string, App>
  /**
   * Takes these apps in place of the ones before, once visitors can find them. Those that are gone are left running, new ones
   * wait to be woken. Resolves to what there is to warn of. Throws, and keeps the ones before, when they cannot be shown.
   * @param onEdit of what they are shown by, when somebody edited it
   */
  take(apps: readonly App[], onEdit?: (app: string) => OnEdit): Promise<readonly string[]>
  /** One more, or another in place of the one of its name. Its first deployment has visitors find it. */
  add(app: App): void
  /** Resolves when nothing works on it any more. What stands of it is left alone. */
  drop(name: string): Promise<void>
  /** Tells the deployer of an app to look, or those of all. */
  wake(app?: string): void
  /** Lets each of them remove what it does not keep. */
  tidy(): void
  stop(): Promise<void>
}

/** @param show lets visitors find these apps, all at once, and resolves to what there is to warn of */
export function createApps<App extends AppSpec>(
  given: Omit<ReconcilePorts, 'turns'>,
  show: (apps: readonly App[], onEdit: (app: string) => OnEdit) => Promise<readonly string[]>,
): Apps<App> {
  const ports: ReconcilePorts = { ...given, turns: createTurns() }
  let current: ReadonlyMap<string, App> = new Map()
  /** Those that visitors can find: what a deployment goes by. */
  let shown: ReadonlyMap<string, App> = current
  const deployers = new Map<string, Deployer>()

  const start = (app: App) => {
    // a deployment under way at the end of an app goes on with what it was
    let known = app
    const now = () => (known = shown.get(app.name) ?? known)
    deployers.set(app.name, createDeployer(now, ports))
  }

  return {
    all: () => current,
    async take(apps, onEdit = () => 'refuse') {
      const before = current
      current = new Map(apps.map((app) => [app.name, app]))
      let warnings: readonly string[]
      try {
        warnings = await show(apps, onEdit)
      } catch (error) {
        current = before
        throw error
      }
      shown = current
      for (const [name, deployer] of deployers) {
        if (current.has(name)) continue
        deployers.delete(name)
        await deployer.stop()
      }
      for (const app of apps) if (!deployers.has(app.name)) start(app)
      return warnings
    },
    add(app) {
      current = new Map([...current, [app.name, app]])
      shown = new Map([...shown, [app.name, app]])
      if (!deployers.has(app.name)) start(app)
    },
    async drop(name) {
      const without = (apps: ReadonlyMap<string, App>) =>
        new Map([...apps].filter(([each]) => each !== name))
      current = without(current)
      shown = without(shown)
      const deployer = deployers.get(name)
      deployers.delete(name)
      await deployer?.stop()
    },
    tidy() {
      for (const deployer of deployers.values()) deployer.tidy()
    },
    wake(name) {
      if (name !== undefined) return deployers.get(name)?.wake()
      for (const deployer of deployers.values()) deployer.wake()
    },
    async stop() {
      await Promise.all([...deployers.values()].map((deployer) => deployer.stop()))
    },
  }
}
