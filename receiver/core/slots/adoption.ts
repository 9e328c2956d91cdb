import { DeployError } from '../errors.ts'
import type { Standing } from './ownership.ts'
import { otherSlot, type Slot } from './container.ts'

/** What is taken over of an app: every release that stands, and which of them visitors get. */
export interface Adoption {
  app: string
  slot: Slot
  /** How that slot was found to be the live one. */
  because: string
  live: Release
  /** In the other slot, or left over; the oldest first. */
  others: readonly Release[]
}

/** The containers of one deployment. */
export interface Release {
  deployment: string
  generation: number
  containers: readonly Standing[]
}

/** What tells which slot is live, the surest first; each is `undefined` when it cannot say. */
export interface Witnesses {
  /** What the administrator says. */
  asked(app: string): Slot | undefined
  /** The flag file that Nginx looks at. */
  flag(app: string): Slot | undefined
}

/** Plans to take over what stands. It decides nothing by guessing: throws `not_ours` when it cannot tell which slot is live. */
export function planAdoption(standing: readonly Standing[], witnesses: Witnesses): Adoption[] {
  const apps = Map.groupBy(standing, ({ app }) => app)
  return [...apps]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([app, containers]) => adopt(app, containers, witnesses))
}

function adopt(app: string, containers: readonly Standing[], witnesses: Witnesses): Adoption {
  const { slot, because } = liveSlot(app, containers, witnesses)
  const releases = releasesOf(containers)
  const candidates = releases.filter((release) => release.containers[0]?.slot === slot)
  const live = candidates.findLast(isRunning) ?? candidates.at(-1)
  if (live === undefined) {
    throw new DeployError('not_ours', `no container of ${app} stands in ${slot}`, {
      hint: `deploy-receiver adopt --slot ${app}=${otherSlot(slot)}`,
    })
  }
  return { app, slot, because, live, others: releases.filter((release) => release !== live) }
}

function liveSlot(
  app: string,
  containers: readonly Standing[],
  { asked, flag }: Witnesses,
): { slot: Slot; because: string } {
  const wanted = asked(app)
  if (wanted !== undefined) return { slot: wanted, because: 'as asked' }
  const flagged = flag(app)
  if (containers.some(({ slot }) => slot === flagged) && flagged !== undefined) {
    return { slot: flagged, because: 'its flag says so' }
  }
  const running = containers.filter((each) => each.running)
  const [only, another] = new Set(
    (running.length > 0 ? running : containers).map(({ slot }) => slot),
  )
  if (only !== undefined && another === undefined) {
    return {
      slot: only,
      because: running.length > 0 ? 'only that one runs' : 'only that one is there',
    }
  }
  const newest = releasesOf(containers).at(-1)?.containers[0]?.slot ?? 'green'
  throw new DeployError(
    'not_ours',
    `nothing says which slot of ${app} is live: ${releasesOf(containers).map(describe).join('; ')}`,
    {
      hint: `the newer one is likely: deploy-receiver adopt --slot ${app}=${newest}`,
    },
  )
}

/** By deployment, the oldest first. */
function releasesOf(containers: readonly Standing[]): Release[] {
  const releases = Map.groupBy(containers, ({ deployment }) => deployment)
  return [...releases]
    .map(([deployment, own]) => ({
      deployment,
      generation: own[0]?.generation ?? 0,
      containers: own.toSorted((one, other) => one.replica - other.replica),
    }))
    .toSorted((one, other) => one.generation - other.generation)
}

const isRunning = ({ containers }: Release) => containers.some(({ running }) => running)

function describe({ containers: [first] }: Release): string {
  if (first === undefined) return ''
  const { name, slot, createdAt, digest } = first
  return `${slot} has ${name} of ${createdAt} (${digest.slice(0, 'sha256:'.length + 12)})`
}
