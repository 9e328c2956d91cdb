import { DeployError } from '../errors.ts'
import type { Container } from './container.ts'

/** A container that stands in a slot on the receiver's network, whoever made it. */
export interface Standing extends Pick<
  Container,
  'name' | 'app' | 'generation' | 'slot' | 'replica' | 'digest' | 'address' | 'port' | 'running'
> {
  /** The deployment that it was made for. */
  deployment: string
  /** The installation that made it; absent: it is older than the ids. */
  installation?: string
  /** Absent when the engine knows its image by no name any more. */
  repository?: string
  createdAt: string
  /** Path → volume: those in which an image's data is kept. */
  volumes: Readonly<Record<string, string>>
}

/** What is on a machine before the receiver touches anything. */
export interface Machine {
  network: string
  standing: readonly Standing[]
  /** The installation that made the network, if it bears an id. */
  madeBy?: string
}

const SHOWN = 5

/**
 * Refuses to go on beside what this record does not know: it may be another receiver's, or this record may be lost, or older
 * than what stands. None of these is a reason to remove anything. Throws `not_ours`.
 * @param id of this installation; `undefined` when it has none yet
 */
export function refuseOthers(
  { network, standing, madeBy }: Machine,
  { data, id, knows }: { data: string; id: string | undefined; knows(deployment: string): boolean },
): void {
  const others = standing.filter(
    ({ deployment, installation = id }) => installation !== id || !knows(deployment),
  )
  if (others.length > 0) {
    throw notOnRecord(`${listOf(others)} on the Docker network ${network}`, data)
  }
  if (madeBy !== undefined && madeBy !== id) {
    throw notOnRecord(`the Docker network ${network} (of the installation ${madeBy})`, data)
  }
}

const notOnRecord = (what: string, data: string) =>
  new DeployError('not_ours', `${data} has no record of ${what}: nothing was touched`, {
    hint: `was the data directory moved, emptied or lost? put it back, or take over what runs with \`deploy-receiver adopt\`; is it another receiver's? give this one a network.name and network.subnet of its own`,
  })

/** Some of them by name, and how many more there are. */
function listOf(standing: readonly Standing[]): string {
  const names = standing.slice(0, SHOWN).map(({ name }) => name)
  const more = standing.length - names.length
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The one installation that made all of this; `undefined` when nothing bears an id. Throws `not_ours` when several did. */
export function makerOf({ network, standing, madeBy }: Machine): string | undefined {
  const ids = new Set([
    ...(madeBy === undefined ? [] : [madeBy]),
    ...standing.flatMap(({ installation }) => installation ?? []),
  ])
  if (ids.size < 2) return [...ids][0]
  throw new DeployError(
    'not_ours',
    `several installations made what is on the Docker network ${network}: ${[...ids].join(', ')}`,
    {
      hint: `docker ps -a --filter label=deploy-receiver.network=${network} --format '{{.Names}} {{.Label "deploy-receiver.installation"}}' shows whose each is; remove those that nobody needs`,
    },
  )
}
