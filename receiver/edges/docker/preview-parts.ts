import type Docker from 'dockerode'
import type { PreviewParts } from '../../core/project/ports.ts'
import { isMissing, statusOf, translate } from './errors.ts'
import { apartLabels, filterOfApart } from './labels.ts'
import { retryReads } from './retry-reads.ts'

/**
 * What Compose makes for previews, by the labels that it bears.
 * @param installation its id
 */
export function createPreviewParts(docker: Docker, installation: string): PreviewParts {
  return {
    labels: (app) => apartLabels(installation, app),

    async others(app, { networks, volumes }) {
      const isOther = async (name: string, look: () => Promise<{ Labels?: unknown }>) => {
        const found = await read(look, `cannot look at ${name}`)
        const labels = (found?.Labels ?? {}) as Record<string, string>
        const own = Object.entries(apartLabels(installation, app))
        return found !== undefined && own.some(([key, value]) => labels[key] !== value)
      }
      const looks = [
        ...networks.map((name) => ({ name, look: () => docker.getNetwork(name).inspect() })),
        ...volumes.map((name) => ({ name, look: () => docker.getVolume(name).inspect() })),
      ]
      const all = await Promise.all(
        looks.map(async ({ name, look }) => ((await isOther(name, look)) ? [name] : [])),
      )
      return all.flat()
    },

    async remove(app) {
      const filters = filterOfApart(installation, app)
      try {
        const containers = await retryReads(() => docker.listContainers({ all: true, filters }))
        for (const { Id } of containers) {
          await ended(docker.getContainer(Id).remove({ force: true, v: true }))
        }
        const { Volumes } = await retryReads(() => docker.listVolumes({ filters }))
        for (const { Name } of Volumes) await ended(docker.getVolume(Name).remove())
        const networks = await retryReads(() => docker.listNetworks({ filters }))
        for (const { Id } of networks) await ended(docker.getNetwork(Id).remove())
        return [
          ...containers.map(({ Names, Id }) => `container ${(Names[0] ?? Id).replace(/^\//, '')}`),
          ...Volumes.map(({ Name }) => `volume ${Name}`),
          ...networks.map(({ Name }) => `network ${Name}`),
        ]
      } catch (error) {
        const what = `cannot remove what Compose made for ${app}`
        throw translate(error, what, 'engine_unreachable')
      }
    },

    hasImage: async (reference) =>
      (await read(
        () => docker.getImage(reference).inspect(),
        `cannot look at the image ${reference}`,
      )) !== undefined,

    async removeImage(reference) {
      try {
        await docker.getImage(reference).remove()
        return true
      } catch (error) {
        if (isMissing(error)) return true
        // a container has it
        if (statusOf(error) === 409) return false
        throw translate(error, `cannot remove the image ${reference}`, 'engine_unreachable')
      }
    },
  }
}

/** `undefined` when it is not there. */
async function read<T>(look: () => Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await retryReads(look)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw translate(error, what, 'engine_unreachable')
  }
}

/** What somebody else removed meanwhile is gone as well. */
async function ended(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}
