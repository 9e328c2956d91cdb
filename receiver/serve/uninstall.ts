import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Config } from '../config/config.ts'
import { appOfKey } from '../core/project/project.ts'
import { refuseOthers } from '../core/slots/ownership.ts'
import { connectDocker } from '../edges/docker/connect.ts'
import { filterOfApart, ofInstallation } from '../edges/docker/labels.ts'
import { findNetwork, removeNetwork } from '../edges/docker/network.ts'
import { listOurs } from '../edges/docker/standing.ts'
import { removeVolumes } from '../edges/docker/volumes.ts'
import { lineageOf } from '../edges/certbot/places.ts'
import { removeCertificate } from '../edges/certbot/remove.ts'
import { renewalHookFile } from '../edges/certbot/renewal-hook.ts'
import { ownFiles, removeFiles, savedOf } from '../edges/nginx/remove-all.ts'
import { readCopy, refuseInUse } from '../edges/store/copy.ts'
import { takeAddresses } from './addresses.ts'
import { certbotOf, dataOf, lineagesOf } from './backup/contents.ts'
import { hasStore, lookAtMachine, storeFile } from './machine.ts'

/** What an uninstallation takes away, in the order in which it does, and what it leaves. */
export interface UninstallPlan {
  removes: string[]
  stays: string[]
  /** Does it. Again after a crash, it goes on. Throws an error with its remedy. */
  run(): Promise<void>
}

const GRACE_SECONDS = 10

/**
 * Plans to take an installation off this machine: out of Nginx first, so that nobody is sent to what stops, then its containers
 * and network, and at last its record, without which nothing else would be known as its own. Only looks. Throws an error with
 * its remedy when a receiver runs, or when what stands is not on record.
 */
export async function planUninstall(
  config: Config,
  environment: NodeJS.ProcessEnv,
): Promise<UninstallPlan> {
  const { data, network, nginx } = config
  // nobody else is at work by this config
  const addresses = await takeAddresses(config)
  addresses.drop()
  refuseInUse(storeFile(data))
  const docker = await connectDocker(environment)
  const machine = await lookAtMachine(docker, config)
  if (!hasStore(data)) {
    refuseOthers(machine, { data, id: undefined, knows: () => false })
    return {
      removes: dataFiles(data),
      stays: leftOf(config, []),
      run: async () => removeData(data),
    }
  }
  const contents = readCopy(storeFile(data))
  const { installation: id = '', deployments, volumes, previews } = contents
  // one that is called as an app is by now is that one's
  const certificates = contents.passing.filter(({ site }) => !Object.hasOwn(config.apps, site))
  const knows = (deployment: string) => deployments.has(deployment)
  refuseOthers(machine, { data, id, knows })

  const files = ownFiles(nginx, { installation: id, data })
  const own = await listOurs(docker, { network: network.name, installation: { id, knows } })
  const ofPreviews = await docker.listContainers({ all: true, filters: filterOfApart(id) })
  const containers = [...own, ...ofPreviews.map(({ Names }) => (Names[0] ?? '').slice(1))]
  const hook = renewalHookFile({ directory: certbotOf(config), installation: id })
  const apart = await docker.listNetworks({ filters: { label: ofInstallation(id) } })
  const bridges = apart.map(({ Name }) => Name).filter((each) => each !== network.name)
  const isOfPreview = ({ app }: { app: string }) => previews.has(appOfKey(app))
  const passing = volumes.filter(isOfPreview).map(({ volume }) => volume)
  const isOwnNetwork = (await findNetwork(docker, network.name))?.installation === id
  return {
    removes: [
      ...files.map(({ file, isEdited }) =>
        isEdited ? `${file} (edited: stays as ${basename(savedOf(file))})` : file,
      ),
      ...containers.map((name) => `container ${name}`),
      ...passing.map((each) => `volume ${each} (of a preview)`),
      ...bridges.map((each) => `network ${each}`),
      ...(isOwnNetwork ? [`network ${network.name}`] : []),
      ...certificates.map(({ site }) => `certificate ${lineageOf(site)} (of a preview)`),
      ...(existsSync(hook) ? [hook] : []),
      ...dataFiles(data),
    ],
    stays: leftOf(
      config,
      volumes.filter((each) => !isOfPreview(each)).map(({ volume }) => volume),
      certificates.map(({ site }) => lineageOf(site)),
    ),
    async run() {
      await removeFiles(files, nginx)
      for (const name of containers) {
        const container = docker.getContainer(name)
        // 304, 404: it has ended, or is gone
        await container.stop({ t: GRACE_SECONDS }).catch(() => {})
        await container.remove({ force: true }).catch(ignoreMissing)
      }
      await removeVolumes(docker, passing)
      for (const each of bridges) await removeNetwork(docker, each)
      if (isOwnNetwork && !(await removeNetwork(docker, network.name))) {
        throw Object.assign(new Error(`something is still on the Docker network ${network.name}`), {
          hint: `docker network inspect ${network.name} names it; take it off, then again: deploy-receiver uninstall`,
        })
      }
      for (const each of certificates) removeCertificate(each, certbotOf(config))
      rmSync(hook, { force: true })
      removeData(data)
    },
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error
}

/** What people have to know of, since it is not taken away. */
function leftOf(
  config: Config,
  volumes: readonly string[],
  passing: readonly string[] = [],
): string[] {
  const { file, apps } = config
  const configured = Object.values(apps).flatMap((app) => dataOf(app, []))
  const data = [...new Set([...volumes, ...configured])].filter((each) => !each.includes('/run/'))
  return [
    `${file} and what it names`,
    ...data.map((each) => (each.startsWith('/') ? `folder ${each}` : `volume ${each}`)),
    ...lineagesOf(certbotOf(config))
      .filter((each) => !passing.includes(each))
      .map((each) => `certificate ${each} (certbot delete --cert-name ${each})`),
    'the images of the apps, Docker, Nginx, and the program itself',
  ]
}

/** The store comes last: by it all else is known. */
const OWN =
  /^(?:settings\.key|slots|upstreams|heard|drained|acme|certbot|nobody\..*|version|upgrade\.json|store-before-upgrade\.db|\..*|deploy-receiver\.db.*)$/

const dataFiles = (data: string): string[] =>
  existsSync(data)
    ? readdirSync(data)
        .filter((name) => OWN.test(name))
        .toSorted((one, other) => Number(isStore(one)) - Number(isStore(other)))
        .map((name) => join(data, name))
    : []

const isStore = (name: string) => name.startsWith('deploy-receiver.db')

function removeData(data: string): void {
  for (const each of dataFiles(data)) rmSync(each, { recursive: true, force: true })
  if (existsSync(data) && readdirSync(data).length === 0) rmdirSync(data)
}
