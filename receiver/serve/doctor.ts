import { statfs } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { AppConfig } from '../config/config.ts'
import { type Finding, finding } from '../core/finding.ts'
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

const DEADLINE_MS = 45_000
/** Less than this is worth a word before an image does not fit. */
const LITTLE_BYTES = 2_000_000_000

/** Looks at all that a deployment needs: Docker, disks, Nginx and what visitors get, the clock, the registries, and what is live. */
export async function runDoctor({
  data,
  apps,
  docker,
  engine,
  sites,
  journal,
  read,
  edits,
}: {
  /** The config's. */
  data: string
  apps: readonly AppConfig[]
  docker: Pick<Docker, 'version'>
  engine: Pick<Engine, 'disk' | 'containers'>
  sites: Pick<SiteFiles, 'check' | 'look'>
  journal: Pick<Journal, 'live'>
  read: ReadRepository
  /** What somebody did to Nginx's files. */
  edits: () => readonly Edit[]
}): Promise<Finding[]> {
  // side by side: what does not answer must not keep the others waiting
  const found = await Promise.all([
    finding('docker', async () => {
      const { Version, Os, Arch } = await askDocker(() => docker.version())
      return `engine ${Version} on ${Os}/${Arch}`
    }),
    finding('disk', async () => {
      const disk = await askDocker(() => engine.disk())
      return disk === undefined ? 'on another machine' : enough(disk.path, disk.freeBytes)
    }),
    finding('data', async () => {
      const { bavail, bsize } = await statfs(data)
      return enough(data, bavail * bsize, LITTLE_BYTES / 100)
    }),
    finding('clock', () =>
      lookAtClock([...new Set(apps.map(({ image }) => image.repository))], {
        read,
        signal: AbortSignal.timeout(DEADLINE_MS),
      }),
    ),
    lookAtNginx(apps, sites),
    lookAtTrustRoots(data, apps),
    lookAtRegistries(apps, read, (app) => journal.live(app) !== undefined),
    Promise.all(apps.map((app) => lookAtApp(app, engine, journal))),
  ])
  return [...found.flat(), ...lookAtFiles(edits)]
}

/** Whether Nginx takes its files and runs, and whether visitors come to each app that has any. */
const lookAtNginx = (
  apps: readonly AppConfig[],
  sites: Pick<SiteFiles, 'check' | 'look'>,
): Promise<Finding[]> =>
  Promise.all([
    finding('nginx', async () => {
      const warnings = await sites.check()
      const message = 'it takes its files, and runs'
      return warnings.length === 0 ? message : { message, hint: warnings.join('; ') }
    }),
    ...apps
      .filter(({ http }) => http)
      .map(({ name }) =>
        finding(`site of ${name}`, async () => {
          const { url, warning } = await sites.look(name)
          const served = url === undefined ? 'Nginx serves it' : `Nginx serves it at ${url}`
          if (warning === undefined) return served
          return { message: url === undefined ? 'not known' : served, hint: warning }
        }),
      ),
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
  engine: Pick<Engine, 'containers'>,
  journal: Pick<Journal, 'live'>,
) =>
  finding(`app ${name}`, async () => {
    const live = journal.live(name)
    if (live === undefined) return 'nothing is live yet'
    const all = await engine.containers(name)
    const own = all.filter(({ generation }) => generation === live.standsIn)
    const still = own.filter(({ running }) => !running)
    const { id, image } = live.deployment
    if (own.length > 0 && still.length === 0) {
      return `${id} is live in ${own.map((each) => each.name).join(', ')}: ${image.digest ?? ''}`
    }
    throw new DeployError(
      'exited',
      own.length === 0
        ? `the container of ${id} is gone`
        : `${still.map((each) => each.name).join(', ')} does not run`,
      { hint: `docker logs, and deploy-receiver deploy ${name}` },
    )
  })

function enough(path: string, freeBytes: number, little = LITTLE_BYTES): string {
  const free = `${path} has ${(freeBytes / 1_000_000).toFixed(0)} MB left`
  if (freeBytes >= little) return free
  throw new DeployError('disk_full', free, {
    hint: '`docker system df` shows what takes it, `docker image prune -a` frees images that nothing runs',
  })
}
