import type { DockerApp } from '../app.ts'
import { DeployError } from '../errors.ts'
import { inParallel } from './in-parallel.ts'
import type { Container, Slot } from './container.ts'
import type { ContainerPlan, SlotPorts } from './ports.ts'

const SHOWN_PORTS = 10

/**
 * Starts every replica of a generation that does not run yet, each with its own of these volumes. What has to be done before one may run,
 * `makeWay`, is done while they are created. Resolves to how they stand then; `undefined` when one of them could not be seen.
 * @param standing those of the generation that are there, as they were seen just now
 */
export async function startAll(
  plan: Omit<ContainerPlan, 'replica' | 'address'>,
  {
    standing,
    makeWay = async () => {},
  }: { standing: readonly Container[]; makeWay?: () => Promise<void> },
  { engine, record }: Pick<SlotPorts, 'engine' | 'record'>,
  signal: AbortSignal,
): Promise<Container[] | undefined> {
  const { app, slot } = plan
  const ready = makeWay()
  const startReplica = async (replica: number): Promise<Container | undefined> => {
    const there = standing.find((each) => each.replica === replica)
    if (there?.running === true && there.cutOff !== true) return there
    return engine.start(
      {
        ...plan,
        replica,
        address: record.address(app.name, slot, replica),
        volumes: plan.volumes.filter((each) => each.replica === replica),
      },
      { isThere: there !== undefined, ready },
    )
  }
  const [, ...started] = await inParallel<number, Container | undefined | void>(
    [0, ...replicasOf(app)],
    signal,
    (replica) => (replica === 0 ? ready : startReplica(replica)),
  )
  const seen = started.filter((each) => each !== undefined)
  return seen.length === started.length ? seen : undefined
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
