import { statfs } from 'node:fs/promises'
import type Docker from 'dockerode'
import type { AppConfig, Config } from '../config/config.ts'
import { type Finding, finding } from '../core/finding.ts'
import { DeployError } from '../core/errors.ts'
import type { Journal } from '../core/journal.ts'
import { describeTrustRoots, trustRootFile } from '../edges/attestation/trust-roots.ts'
import type { Engine } from '../edges/docker/engine.ts'
import { runCommand } from '../edges/nginx/command.ts'
import type { Edit } from '../edges/nginx/edited.ts'
import type { ReadRepository } from '../edges/registry/reading.ts'
import { lookAtRepository } from '../edges/registry/repository.ts'

const DEADLINE_MS = 45_000
/** Less than this is worth a word before an image does not fit. */
const LITTLE_BYTES = 2_000_000_000

/** Looks at all that a deployment needs: Docker, disks, Nginx, the registries, and what is live. */
export async function runDoctor({
  config,
  apps,
  docker,
  engine,
  journal,
  read,
  edits,
}: {
  config: Pick<Config, 'data' | 'nginx'>
  apps: readonly AppConfig[]
  docker: Docker
  engine: Engine
  journal: Pick<Journal, 'live'>
  read: ReadRepository
  /** What somebody did to Nginx's files. */
  edits: () => readonly Edit[]
}): Promise<Finding[]> {
  return [
    await finding('docker', async () => {
      const { Version, Os, Arch } = await docker.version()
      return `engine ${Version} on ${Os}/${Arch}`
    }),
    await finding('disk', async () => {
      const disk = await engine.disk()
      return disk === undefined ? 'on another machine' : enough(disk.path, disk.freeBytes)
    }),
    await finding('data', async () => {
      const { bavail, bsize } = await statfs(config.data)
      return enough(config.data, bavail * bsize, LITTLE_BYTES / 100)
    }),
    await finding('nginx', async () => {
      await runCommand(config.nginx.test)
      return `${config.nginx.test}: it takes its files`
    }),
    ...lookAtFiles(edits),
    ...(await lookAtTrustRoots(config.data, apps)),
    ...(await lookAtRegistries(apps, read, (app) => journal.live(app) !== undefined)),
    ...(await Promise.all(apps.map((app) => lookAtApp(app, engine, journal)))),
  ]
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

const lookAtApp = ({ name }: AppConfig, engine: Engine, journal: Pick<Journal, 'live'>) =>
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
