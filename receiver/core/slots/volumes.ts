import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { inSlot, type World } from './next-step.ts'
import type { KeptVolume } from './container.ts'
import type { SlotPorts } from './ports.ts'

/**
 * The volumes in which a release keeps what its image has in VOLUMEs, one for each path and replica: those that releases before
 * it had, or what a container of an older version had without a name, or new ones. They are on record when this returns.
 */
export async function claimVolumes(
  app: DockerApp,
  image: { repository: string; digest: string },
  world: World,
  ports: Pick<SlotPorts, 'engine' | 'images' | 'record'>,
): Promise<KeptVolume[]> {
  takeOver(app, world, ports)
  const { volumes } = await ports.images.image(image)
  // a volume of Compose's without a name, `/path`, lasts as the image's own
  const named = app.container.anonymousVolumes ?? []
  const paths = uncovered(app, [...new Set([...volumes, ...named.map(plainPath)])])
  const wanted = paths.flatMap((path) =>
    Array.from({ length: app.replicas }, (_, at) => {
      const of = { app: app.name, path, replica: at + 1 }
      return { path, replica: of.replica, volume: ports.engine.volumeName(of) }
    }),
  )
  ports.record.addVolumes(app.name, wanted)
  return ports.record
    .volumes(app.name)
    .filter(({ path, replica }) => paths.includes(path) && replica <= app.replicas)
}

/**
 * Keeps what the live containers have in volumes without a name, which only those of an older version do, also at paths that the
 * next release has no VOLUME at: a rollback may.
 */
export function takeOver(
  app: DockerApp,
  world: World,
  { record }: Pick<SlotPorts, 'record'>,
): void {
  const live = world.live === undefined ? [] : inSlot(world, world.live)
  const found = live.flatMap(({ replica, anonymous }) =>
    uncovered(app, Object.keys(anonymous)).map((path) => ({
      path,
      replica,
      volume: anonymous[path] ?? '',
    })),
  )
  if (found.length > 0) record.addVolumes(app.name, found)
}

/** Throws `warm_refused` when old and new would have the data at once, and nobody said that they may. */
export function refuseWarm(app: DockerApp, volumes: readonly KeptVolume[]): void {
  if (app.strategy !== undefined || app.warmMs === 0 || volumes.length === 0) return
  throw new DeployError(
    'warm_refused',
    `the image keeps data in ${pathsOf(volumes)} (VOLUME), which a container that is kept warm could still write: warm is refused`,
    {
      hint: `leave apps.${app.name}.warm out, or give the data a volume of its own under volumes; if two containers may have it at once, write strategy: blue-green`,
    },
  )
}

/** For people; empty when nothing is kept. */
export const describeVolumes = (volumes: readonly KeptVolume[]): string =>
  [...new Set(volumes.map(({ path }) => path))]
    .map((path) => {
      const names = volumes.filter((each) => each.path === path).map(({ volume }) => volume)
      return `${path} is kept in the volume ${names.join(', ')}`
    })
    .join('; ')

const pathsOf = (volumes: readonly KeptVolume[]) =>
  [...new Set(volumes.map(({ path }) => path))].join(', ')

/** Paths at which neither `volumes` nor `tmpfs` of the config mounts something. */
function uncovered({ container }: DockerApp, paths: readonly string[]): string[] {
  const targets = [
    ...container.volumes.map((volume) => volume.split(':')[1] ?? ''),
    ...Object.keys(container.tmpfs),
  ]
  const covered = new Set(targets.map(plainPath))
  return paths.filter((path) => !covered.has(path))
}

/** Without what means nothing in a path: `/data/` is `/data`. */
export const plainPath = (path: string): string =>
  `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
