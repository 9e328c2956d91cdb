import type { Config } from '../config/config.ts'
import { secretsOf } from '../config/secrets-of.ts'
import { readVariables } from '../config/variables.ts'
import { DeployError } from '../core/errors.ts'
import { createRedactor } from '../core/redaction/redactor.ts'
import { type Adoption, planAdoption, type Witnesses } from '../core/slots/adoption.ts'
import { makerOf } from '../core/slots/ownership.ts'
import type { Slot } from '../core/slots/container.ts'
import { takeOver } from '../core/slots/take-over.ts'
import { systemClock } from '../edges/clock.ts'
import { connectDocker } from '../edges/docker/connect.ts'
import { type KnownSite, readSite } from '../edges/nginx/read-site.ts'
import { createSlots } from '../edges/slots.ts'
import { newInstallationId } from '../edges/store/installation.ts'
import { takeStoreOver } from '../edges/store/upgrade.ts'
import { VERSION } from '../version.ts'
import { takeAddresses } from './addresses.ts'
import { hasStore, lookAtMachine, storeFile, storePlace } from './machine.ts'
import { openStore } from './open-store.ts'

export interface Adopted {
  installation: string
  apps: Adoption[]
  /** Where the store is as it was, if this is another version than the one that had it. */
  copy: string | undefined
}

/**
 * Takes over what stands on the receiver's network and is not on record: the record is made anew from labels, flags and Nginx's
 * files. No container, network or file of Nginx is touched. Throws an error with its remedy, and has changed nothing then.
 * @param asked by app, the slot that the administrator says is live
 */
export async function adopt(
  config: Config,
  environment: NodeJS.ProcessEnv,
  asked: Readonly<Record<string, Slot>>,
): Promise<Adopted> {
  // nobody else is at work by this config
  const addresses = await takeAddresses(config)
  try {
    return await adoptAll(config, environment, asked)
  } finally {
    addresses.drop()
  }
}

async function adoptAll(
  config: Config,
  environment: NodeJS.ProcessEnv,
  asked: Readonly<Record<string, Slot>>,
): Promise<Adopted> {
  const machine = await lookAtMachine(
    await connectDocker(readVariables(config.file, environment)),
    config,
  )
  const { standing } = machine
  const maker = makerOf(machine)
  const sites = new Map(standing.map(({ app }) => [app, readSite(config.nginx.directory, app)]))
  const slots = createSlots(config.data)
  const plan = (knows: (deployment: string) => boolean) => {
    const apps = new Set(standing.flatMap((each) => (knows(each.deployment) ? [] : each.app)))
    const unknown = standing.filter(({ app }) => apps.has(app))
    return planAdoption(unknown, witnesses(asked, slots.live, sites))
  }
  // where nothing is remembered, what cannot be decided leaves no store behind
  if (!hasStore(config.data)) plan(() => false)

  // until it is confirmed, the next start of any version has the store as it was
  const { upgrade, confirm } = takeStoreOver(storeFile(config.data), VERSION)
  const store = openStore(storePlace(config.data, machine), {
    clock: systemClock,
    log: () => {},
    redactor: createRedactor(secretsOf(config)),
  })
  try {
    const { journal, record } = store
    const known = store.installation.id()
    if (maker !== undefined && known !== undefined && maker !== known) {
      throw anothers(config, known, maker)
    }
    const installation = maker ?? known ?? newInstallationId()
    const apps = plan((deployment) => journal.get(deployment) !== undefined)
    // the flags first: without them a record is wrong, and they are right without it
    for (const { app, slot } of apps) if (slots.live(app) !== slot) slots.makeLive(app, slot)
    journal.transaction(() => {
      store.installation.take(installation)
      for (const each of apps) {
        const named = Object.hasOwn(config.apps, each.app) ? config.apps[each.app] : undefined
        const app = named?.engine === 'docker' ? named : undefined
        const { upstreams } = sites.get(each.app) ?? { upstreams: { blue: [], green: [] } }
        takeOver(each, { app, upstreams }, { clock: systemClock, journal, record })
      }
    })
    // with nothing to adopt, this version still has to show that it works with the store
    if (apps.length === 0) return { installation, apps, copy: undefined }
    confirm()
    return { installation, apps, copy: upgrade?.copy }
  } finally {
    store.database.close()
  }
}

/** What says which slot is live; after the data directory moved, Nginx looks at the flags in the old one. */
const witnesses = (
  asked: Readonly<Record<string, Slot>>,
  live: (app: string) => Slot | undefined,
  sites: ReadonlyMap<string, KnownSite>,
): Witnesses => ({
  asked: (app) => (Object.hasOwn(asked, app) ? asked[app] : undefined),
  flag(app) {
    const seen = sites.get(app)?.data
    return (seen === undefined ? undefined : createSlots(seen).live(app)) ?? live(app)
  },
})

const anothers = ({ data, network }: Config, known: string, maker: string) =>
  new DeployError(
    'not_ours',
    `${data} is of the installation ${known}, and what is on the Docker network ${network.name} of ${maker}`,
    { hint: 'put the data directory of that one in its place, or none: then it is made anew' },
  )
