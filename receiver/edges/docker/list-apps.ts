import { setImmediate as nextTurn } from 'node:timers/promises'
import type Docker from 'dockerode'
import type { ContainerInfo } from 'dockerode'
import { appOf, filterOf, filterOfSlots } from './labels.ts'

/** A list of all has more to read than so many of one app each. */
const FEW = 8

/**
 * Lists the containers in an app's slots. Of many apps that are asked for in one turn of the event loop, as by a start or an overview, it
 * is one list: each other one would be a call of its own, for which Docker goes through all that it has.
 */
export function createListing(
  docker: Docker,
  network: string,
): (app: string) => Promise<readonly ContainerInfo[]> {
  const list = (filters: { label: string[] }) => docker.listContainers({ all: true, filters })
  let asked: ReturnType<typeof begin> | undefined
  const begin = () => {
    const apps = new Set<string>()
    const ofAll = nextTurn().then(async () => {
      asked = undefined
      if (apps.size <= FEW) return undefined
      return Map.groupBy(await list(filterOfSlots(network)), ({ Labels }) => appOf(Labels))
    })
    return { apps, ofAll }
  }

  return async (app) => {
    asked ??= begin()
    asked.apps.add(app)
    const all = await asked.ofAll
    return all === undefined ? list(filterOf(network, app)) : (all.get(app) ?? [])
  }
}
