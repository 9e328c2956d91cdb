import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { inParallel } from './in-parallel.ts'
import type { Slot } from './container.ts'
import type { ContainerPlan, SlotPorts } from './ports.ts'

const SHOWN_PORTS = 10

/** Starts every replica of a generation that does not run yet, each with its own of these volumes. */
export async function startAll(
  plan: Omit<ContainerPlan, 'replica' | 'address'>,
  { engine, record }: Pick<SlotPorts, 'engine' | 'record'>,
  signal: AbortSignal,
): Promise<void> {
  const { app, slot } = plan
  await inParallel(replicasOf(app), signal, (replica) =>
    engine.start({
      ...plan,
      replica,
      address: record.address(app.name, slot, replica),
      volumes: plan.volumes.filter((each) => each.replica === replica),
    }),
  )
}

/** Where the replicas of a slot are, for people. */
export const addressesOf = (app: DockerApp, slot: Slot, { record }: Pick<SlotPorts, 'record'>) =>
  replicasOf(app)
    .map((replica) => record.address(app.name, slot, replica))
    .join(', ')

const replicasOf = ({ replicas }: DockerApp) => Array.from({ length: replicas }, (_, at) => at + 1)

/** The configured port, or the only one that the image EXPOSEs; 0 for a worker. Throws `no_port`. */
export async function choosePort(
  app: DockerApp,
  image: { repository: string; digest: string },
  { images }: Pick<SlotPorts, 'images'>,
): Promise<number> {
  if (!app.http) return 0
  if (app.port !== undefined) return app.port
  const exposed = (await images.image(image)).ports
  const [only] = exposed
  if (only !== undefined && exposed.length === 1) return only
  throw new DeployError(
    'no_port',
    exposed.length === 0
      ? `${image.repository}@${image.digest} EXPOSEs no port`
      : `${image.repository}@${image.digest} EXPOSEs ${exposed.length} ports: ${exposed.slice(0, SHOWN_PORTS).join(', ')}`,
    { hint: `set apps.${app.name}.port to the port that the app listens on` },
  )
}
