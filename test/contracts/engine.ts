import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import type { ContainerPlan } from '../../receiver/core/slots/ports.ts'
import type { EngineAtWork, EngineUnderTest, Image } from './engine-at-work.ts'
import { engineContainers } from './engine-containers.ts'
import { engineImages } from './engine-images.ts'
import { engineReleases } from './engine-releases.ts'
import { engineVolumes } from './engine-volumes.ts'
import { TIME_LIMIT_MS } from './time-limit.ts'

/**
 * What the port `Engine` promises: each call may come again after a crash.
 * @param further how tests are marked that show of another case what one beside them shows already
 */
export function engineContract(
  name: string,
  further: { tags?: 'long' },
  open: () => Promise<EngineUnderTest>,
): void {
  describe(`engine: ${name}`, { timeout: TIME_LIMIT_MS }, () => {
    const signal = new AbortController().signal
    const APPS = ['contract', 'contract-other']
    /** Not there before the engine is opened. */
    const at = {} as Pick<EngineAtWork, 'it' | 'engine'>
    beforeAll(async () => {
      at.it = await open()
      at.engine = at.it.engine
    }, TIME_LIMIT_MS)
    afterEach(async () => {
      for (const app of APPS) {
        for (const { name: each } of await at.engine.containers(app)) {
          await at.engine.remove(each, { graceMs: 0 })
        }
        await at.engine.removeReleases(app)
      }
      for (const path of ['/data', '/more']) {
        const volume = at.engine.volumeName({ app: 'contract', path, replica: 1 })
        await at.engine.removeVolumes([volume])
      }
    }, TIME_LIMIT_MS)
    afterAll(async () => {
      await withoutImages()
      await at.it.close()
    }, TIME_LIMIT_MS)

    async function withoutImages(): Promise<void> {
      const { repository } = at.it.image
      for (const app of APPS) {
        await at.engine.removeImages(app, repository, [at.it.image.digest, at.it.other.digest])
      }
    }

    const pull = (image: Image, by = at.engine, until = signal) =>
      by.pull(image, { progress: () => {}, signal: until })
    const otherApp = (change: Partial<ContainerPlan> = {}) =>
      at.it.plan({ app: { ...at.it.plan().app, name: 'contract-other' }, ...change })

    /** A container that runs, as the engine shows it. */
    async function started(change: Partial<ContainerPlan> = {}) {
      await pull(at.it.image)
      const plan = at.it.plan(change)
      await at.engine.start(plan)
      const container = await at.engine.container(at.it.nameOf(plan))
      if (container === undefined) throw new Error(`${at.it.nameOf(plan)} is not there`)
      return { plan, container, name: container.name }
    }
    const look = async (container: string) => {
      const { running, exitCode, restarts, pid, id } = (await at.engine.container(container)) ?? {}
      return { running, exitCode, restarts, id, hasProcess: pid !== 0 }
    }

    const whole = Object.assign(at, {
      signal,
      further,
      pull,
      withoutImages,
      otherApp,
      started,
      look,
    })
    engineImages(whole)
    engineContainers(whole)
    engineReleases(whole)
    engineVolumes(whole)
  })
}
