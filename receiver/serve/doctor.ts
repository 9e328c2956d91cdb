import type Docker from 'dockerode'
import type { AppConfig } from '../config/config.ts'
import { type Finding, finding, type Found } from '../core/finding.ts'
import { DeployError } from '../core/errors.ts'
import type { Journal } from '../core/journal.ts'
import { describeTrustRoots, trustRootFile } from '../edges/attestation/trust-roots.ts'
import type { Engine } from '../edges/docker/engine.ts'
import { translate } from '../edges/docker/errors.ts'
import type { Edit } from '../edges/nginx/edited.ts'
import type { SiteFiles } from '../edges/nginx/sites.ts'
import { lookAtClock } from '../edges/registry/clock.ts'
import type { ReadRepository } from '../edges/registry/reading.ts'
import { lookAtRepository } from '../edges/registry/repository.ts'
import { enoughForImages, lookAtData } from './look-at-disk.ts'

const DEADLINE_MS = 45_000

/** What a look at the machine takes, with or without a receiver. */
export interface MachineParts {
  /** The config's. */
  data: string
  apps: readonly AppConfig[]
  docker: Pick<Docker, 'version'>
  engine: Pick<Engine, 'disk'>
  sites: Pick<SiteFiles, 'check' | 'look' | 'receiver'>
  read: ReadRepository
  /** Whether others find this machine by its names, and are let in. */
  wayIn: () => Promise<Finding[]>
  /** Whether something of the app is live. */
  isLive: (app: string) => boolean
  /** Since when its visitors are told that there is maintenance. */
  maintenanceSince: (app: string) => string | undefined
}

/** Looks at all that a deployment needs: Docker, disks, Nginx and what visitors get, the clock, the registries, and what is live. */
export async function runDoctor({
  engine,
  journal,
  edits,
  config,
  certificates,
  stoppedSince,
  ...parts
}: Omit<MachineParts, 'engine' | 'isLive'> & {
  engine: Pick<Engine, 'disk' | 'containers'>
  journal: Pick<Journal, 'live'>
  /** What somebody did to Nginx's files. */
  edits: () => readonly Edit[]
  /** Compares the config in force with its file. */
  config: () => Found
  certificates: () => Promise<Finding[]>
  /** Since when an app is stopped on purpose. */
  stoppedSince: (app: string) => string | undefined
}): Promise<Finding[]> {
  const isLive = (app: string) => journal.live(app) !== undefined
  const found = await Promise.all([
    finding('config', config),
    lookAtMachine({
      ...parts,
      engine,
      isLive,
      // that belongs to it
      maintenanceSince: (app) =>
        stoppedSince(app) === undefined ? parts.maintenanceSince(app) : undefined,
    }),
    Promise.all(
      parts.apps.map((app) => lookAtApp(app, { engine, journal, since: stoppedSince(app.name) })),
    ),
    certificates(),
  ])
  return [...found.flat(), ...lookAtFiles(edits)]
}

/** Looks at what needs no record. */
export async function lookAtMachine({
  data,
  apps,
  docker,
  engine,
  sites,
  read,
  wayIn,
  isLive,
  maintenanceSince,
}: MachineParts): Promise<Finding[]> {
  // side by side: what does not answer must not keep the others waiting
  const found = await Promise.all([
    ...lookAtDocker(docker, engine),
    finding('data', () => lookAtData(data)),
    finding('clock', () =>
      lookAtClock([...new Set(apps.map(({ image }) => image.repository))], {
        read,
        signal: AbortSignal.timeout(DEADLINE_MS),
      }),
    ),
    lookAtNginx(apps, sites),
    lookAtReceiver(sites),
    wayIn(),
    lookAtMaintenance(apps, maintenanceSince),
    lookAtTrustRoots(data, apps),
    lookAtRegistries(apps, read, isLive),
  ])
  return found.flat()
}

/** Whether it answers, and has room. */
export const lookAtDocker = (
  docker: Pick<Docker, 'version'>,
  engine: Pick<Engine, 'disk'>,
): Promise<Finding>[] => [
  finding('docker', async () => {
    const { Version, Os, Arch } = await askDocker(() => docker.version())
    return `engine ${Version} on ${Os}/${Arch}`
  }),
  finding('disk', async () => {
    const disk = await askDocker(() => engine.disk())
    return disk === undefined ? 'on another machine' : enoughForImages(disk.path, disk.freeBytes)
  }),
]

/** Whether Nginx takes its files and runs, and whether visitors come to each app that has any. */
const lookAtNginx = (
  apps: readonly AppConfig[],
  sites: Pick<SiteFiles, 'check' | 'look'>,
): Promise<Finding[]> =>
  Promise.all([
    finding('nginx', async () => {
      const { state: message, warnings } = await sites.check()
      return warnings.length === 0 ? message : { message, hint: warnings.join('\n') }
    }),
    ...apps
      .filter(({ http }) => http)
      .map(({ name }) =>
        finding(`site of ${name}`, async () => {
          const { url, internalUrl, warning } = await sites.look(name)
          const others =
            internalUrl === undefined ? '' : `; other containers come by ${internalUrl}`
          const served = `Nginx serves it${url === undefined ? '' : ` at ${url}`}${others}`
          if (warning === undefined) return served
          return { message: url === undefined ? 'not known' : served, hint: warning }
        }),
      ),
  ])

/** What was switched on is easily forgotten. */
const lookAtMaintenance = (
  apps: readonly AppConfig[],
  maintenanceSince: MachineParts['maintenanceSince'],
): Promise<Finding[]> =>
  Promise.all(
    apps
      .filter(({ name, http }) => http && maintenanceSince(name) !== undefined)
      .map(({ name }) =>
        finding(`maintenance of ${name}`, () => ({
          message: `on since ${maintenanceSince(name)}: visitors get 503`,
          hint: `deploy-receiver maintenance ${name} off lets them in again`,
        })),
      ),
  )

/** Whether whoever sends hooks comes to the receiver by its own site, and what names get that nobody has. */
const lookAtReceiver = ({ receiver }: Pick<SiteFiles, 'receiver'>): Promise<Finding[]> =>
  Promise.all([
    finding('site of the receiver', async () => {
      const notice = await receiver.notice()
      if (notice !== undefined) return { message: 'not written', hint: notice }
      const served = await receiver.look()
      if (served === undefined) return 'left to you'
      const { url, warning } = served
      const message = url === undefined ? 'Nginx serves it' : `Nginx serves it at ${url}`
      return warning === undefined ? message : { message, hint: warning }
    }),
    finding('unknown names', async () => (await receiver.unknownNames()) ?? 'Nginx does not say'),
  ])

/** What the client library throws has no remedy. */
async function askDocker<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look()
  } catch (error) {
    throw translate(error, 'the engine', 'engine_unreachable')
  }
}

/** Nothing of the files that are as the receiver wrote them. */
function lookAtFiles(edits: () => readonly Edit[]): Finding[] {
  try {
    return edits().map(({ app, file, kind, isInTheWay, difference }) => {
      const what = `file of ${app}`
      if (kind === 'gone') {
        const message = `${file} is gone: Nginx does not know ${app} when it is loaded again`
        return { what, ok: false, message, hint: 'deploy-receiver reload writes it again' }
      }
      const message = isInTheWay
        ? `${file} was edited, and the config wants another one by now`
        : `${file} was edited, and is left alone`
      return { what, ok: !isInTheWay, message, hint: [OVERWRITE, ...difference].join('\n') }
    })
  } catch (error) {
    const { message, hint } = error as DeployError
    return [{ what: "nginx's files", ok: false, message, ...(hint === undefined ? {} : { hint }) }]
  }
}

const OVERWRITE =
  'deploy-receiver reload --overwrite writes it anew; what was done to it (+) is gone then:'

/** Reads the keys that attestations are verified with, if an app asks for any. */
export async function lookAtTrustRoots(
  data: string,
  apps: readonly AppConfig[],
): Promise<Finding[]> {
  if (apps.every(({ attestation }) => attestation === undefined)) return []
  return [await finding('trust root', () => describeTrustRoots(trustRootFile(data), Date.now()))]
}

/** Reads each app's repository as a deployment would. */
export const lookAtRegistries = (
  apps: readonly AppConfig[],
  read: ReadRepository,
  isLive: (app: string) => boolean,
): Promise<Finding[]> =>
  Promise.all(
    apps.map(({ name, image }) =>
      finding(`registry of ${name}`, () =>
        lookAtRepository(image, {
          isLive: isLive(name),
          read,
          signal: AbortSignal.timeout(DEADLINE_MS),
        }),
      ),
    ),
  )

const lookAtApp = (
  { name }: AppConfig,
  {
    engine,
    journal,
    since,
  }: {
    engine: Pick<Engine, 'containers'>
    journal: Pick<Journal, 'live'>
    /** When it was stopped on purpose. */
    since: string | undefined
  },
) =>
  finding(`app ${name}`, async () => {
    if (since !== undefined) {
      const hint = `deploy-receiver start ${name} starts it again, and so does a deployment`
      return { message: `stopped since ${since}: visitors get 503`, hint }
    }
    const live = journal.live(name)
    if (live === undefined) return 'nothing is live yet'
    const all = await engine.containers(name)
    const own = all.filter(({ generation }) => generation === live.standsIn)
    const still = own.filter(({ running }) => !running)
    const { id, image } = live.deployment
    if (own.length > 0 && still.length === 0) {
      const digest = image.digest?.slice(0, SHORT_DIGEST) ?? ''
      return `${id} is live in ${own.map((each) => each.name).join(', ')}: ${digest}`
    }
    const names = still.map((each) => each.name)
    if (own.length === 0) {
      throw new DeployError('exited', `the container of ${id} is gone`, {
        hint: `deploy-receiver deploy ${name} makes one anew; the receiver's log says why it did not itself`,
      })
    }
    throw new DeployError('exited', `${names.join(', ')} does not run`, {
      hint: `\`docker logs ${names[0]}\` says why it ended; deploy-receiver rollback ${name} goes back to the release before`,
    })
  })

/** As many digits as a rollback takes. */
const SHORT_DIGEST = 'sha256:'.length + 12
