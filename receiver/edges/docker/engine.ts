import { setTimeout as pause } from 'node:timers/promises'
import type Docker from 'dockerode'
import { parseImage } from '../../../protocol/image-reference.ts'
import { atMost } from './at-most.ts'
import type { Clock } from '../../core/clock.ts'
import type { ImageStore } from '../../core/image/image-store.ts'
import type { ServiceEngine } from '../../core/project/ports.ts'
import type { ContainerEngine } from '../../core/slots/ports.ts'
import { create, inspect, mend, remove, startFailure, stop } from './containers.ts'
import { statusOf, translate } from './errors.ts'
import { factsOf } from './image-facts.ts'
import { removeReleases, runOnce } from './run-once.ts'
import { containerName } from './container-name.ts'
import { type Home, isInSlot, isOurs } from './labels.ts'
import { lastEnd } from './last-end.ts'
import { createListing } from './list-apps.ts'
import { createCommands } from './commands.ts'
import { readLines, readLog } from './log.ts'
import { createServices } from './services.ts'
import { createTests } from './run-test.ts'
import { retryReads } from './retry-reads.ts'
import { imagesOf, isKeptFor, keep, removeImages } from './kept-images.ts'
import { authConfig } from './auth-config.ts'
import { held, pull } from './pull.ts'
import { missingVolumes, removeVolumes, volumeName } from './volumes.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { withRenewableLogin } from '../credentials/renew-login.ts'
import { createDisk, layerChains } from './disk.ts'

const PULLS_AT_ONCE = 3
const LATE_WORDS_MS = 1000

/** Docker, as the slots' containers and as the images that are held. */
export type Engine = ContainerEngine & ServiceEngine & ImageStore

export interface DockerOptions {
  docker: Docker
  home: Home
  /** The logins of registries. */
  credentials: Credentials
  clock: Clock
}

/** Docker, through its API. Every method throws `DeployError` alone. */
export function createEngine({ docker, home, credentials, clock }: DockerOptions): Engine {
  const { network } = home
  // more at once would only slow each other down, and the apps that serve
  const inTurn = atMost(PULLS_AT_ONCE)
  // what one app keeps is not removed by another that has just looked
  const oneKeeper = atMost(1)
  const keepFor = (app: string, image: { repository: string; digest: string }) =>
    oneKeeper(() => keep(docker, app, image))

  const listed = createListing(docker, network)
  const runTest = createTests(docker)

  return {
    async containers(app) {
      try {
        return await retryReads(async () => {
          const ours = (await listed(app)).filter(
            ({ Labels }) => isInSlot(Labels) && isOurs(home, Labels),
          )
          const looked = await Promise.all(ours.map(({ Id }) => inspect(docker, network, Id)))
          return looked.filter((container) => container !== undefined)
        })
      } catch (error) {
        throw translate(error, `cannot list the containers of ${app}`, 'engine_unreachable')
      }
    },

    async container(name) {
      try {
        return await retryReads(() => inspect(docker, network, name))
      } catch (error) {
        throw translate(error, `cannot look at ${name}`, 'engine_unreachable')
      }
    },

    async held(app, image) {
      const info = await held(docker, image)
      return info && { facts: factsOf(info.Config), isKept: isKeptFor(app, image, info) }
    },

    disk: createDisk(docker),

    layers: () => layerChains(docker),

    async pull(image, { progress, signal, isMissing = false, keepFor: app }) {
      // what is there needs no registry, and no login that may not be had now
      const there = isMissing ? undefined : await held(docker, image)
      if (there !== undefined) {
        return { pulled: false, isKept: false, facts: factsOf(there.Config) }
      }
      const { registry } = parseImage(image.repository)
      const kept = app === undefined ? {} : { keep: () => keepFor(app, image) }
      const pulled = await inTurn(() =>
        withRenewableLogin(credentials, image.repository, signal, (known) => {
          const login = authConfig(registry, known)
          return pull(docker, image, { login, clock, progress, signal, ...kept })
        }),
      )
      return { pulled: true, isKept: pulled.isKept, facts: factsOf(pulled.info.Config) }
    },

    async image({ repository, digest }) {
      try {
        const image = docker.getImage(`${repository}@${digest}`)
        const { Config } = await retryReads(() => image.inspect())
        return factsOf(Config)
      } catch (error) {
        throw translate(error, `cannot look at ${repository}@${digest}`, 'start_failed')
      }
    },

    async start(plan, { isThere = true, ready } = {}) {
      const name = containerName(network, plan)
      const container = docker.getContainer(name)
      let isMade = false
      let unready: { error: unknown } | undefined
      try {
        if (!isThere || !(await mend(docker, home, plan, name))) {
          isMade = await create(docker, plan, home, name)
          // the name is taken all the same, by one that was made meanwhile
          if (!isMade) await mend(docker, home, plan, name)
        }
        await ready?.catch((error: unknown) => {
          unready = { error }
          throw error
        })
        await container.start()
      } catch (error) {
        // 304: it runs already
        if (unready !== undefined || statusOf(error) !== 304) {
          // one that never ran is no use to anybody
          if (isMade) await container.remove({ v: true, force: true }).catch(() => {})
          throw unready === undefined ? startFailure(error, name, plan) : error
        }
      }
      return retryReads(() => inspect(docker, network, name)).catch(() => undefined)
    },

    runTest,

    ...createCommands(docker, home),

    ...createServices(docker, home),

    async lastEnd(id) {
      try {
        return await lastEnd(docker, id)
      } catch {
        // as the log
        return undefined
      }
    },

    async logs(name, lines) {
      const read = () => retryReads(() => readLog(docker, name, lines))
      try {
        const log = await read()
        if (log.length > 0) return log
        // on a busy machine the last words of a container reach its log after its end
        await pause(LATE_WORDS_MS)
        return await read()
      } catch {
        // the log is an extra to a failure that is told anyway
        return []
      }
    },

    lines: (name, options) => readLines(docker, name, options),

    async startAgain(name) {
      try {
        await docker.getContainer(name).start()
      } catch (error) {
        // 304: it runs already
        if (statusOf(error) !== 304) throw translate(error, `cannot start ${name}`, 'start_failed')
      }
    },

    stop: (name, { graceMs }) => stop(docker, name, graceMs),

    runOnce: (plan, options) => runOnce(docker, home, plan, options),

    removeReleases: (app) => removeReleases(docker, home, app),

    async remove(name, { graceMs, ended }) {
      await stop(docker, name, graceMs)
      await ended?.()
      await remove(docker, name)
    },

    volumeName: (of) => volumeName(network, of),

    missingVolumes: (volumes) => missingVolumes(docker, volumes),

    removeVolumes: (volumes) => removeVolumes(docker, volumes),

    images: (repository) => imagesOf(docker, repository),

    keep: keepFor,

    removeImages: (app, repository, digests) =>
      oneKeeper(() => removeImages(docker, app, repository, digests)),
  }
}
