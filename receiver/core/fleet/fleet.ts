import type { DeploymentStatus } from '../../../protocol/deployment.ts'

/** Another receiver, and with what it may be read. */
export interface FleetMember {
  /** Its public base URL, without a slash at its end. */
  url: string
  readToken: string
}

/** An app at one receiver, as that tells it. */
export interface AppThere {
  name: string
  /** Absent: nothing is live. */
  live?: { digest: string; tag?: string; since?: string; release?: string }
  underWay?: DeploymentStatus
  lastFailed: boolean
}

/** One receiver, as it was found. */
export interface Found {
  url: string
  /** This very receiver. */
  isOwn: boolean
  apps: readonly AppThere[]
  /** Why it could not be asked; there are no apps then. */
  why?: string
}

/** What runs where. */
export interface Fleet {
  receivers: readonly Found[]
  /** By app: whether all that have it, and could be asked, run one digest; and who lacks it. */
  apps: readonly { name: string; digests: readonly string[]; missingAt: readonly string[] }[]
}

export interface FleetPorts {
  own: { url: string; apps(): readonly AppThere[] }
  others: readonly FleetMember[]
  /** Rejects with why, in words for people. */
  ask(member: FleetMember): Promise<readonly AppThere[]>
}

/** Asks all of them at once. Never rejects: who does not answer is told with the reason. */
export async function lookAtFleet({ own, others, ask }: FleetPorts): Promise<Fleet> {
  const asked = others
    .filter(({ url }) => url !== own.url)
    .map(async (member): Promise<Found> => {
      const { url } = member
      try {
        return { url, isOwn: false, apps: await ask(member) }
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        return { url, isOwn: false, apps: [], why }
      }
    })
  return compared([{ url: own.url, isOwn: true, apps: own.apps() }, ...(await Promise.all(asked))])
}

function compared(receivers: readonly Found[]): Fleet {
  const names = new Set(receivers.flatMap(({ apps }) => apps.map(({ name }) => name)))
  const heard = receivers.filter(({ why }) => why === undefined)
  return {
    receivers,
    apps: [...names].sort().map((name) => {
      const at = (each: Found) => each.apps.find((app) => app.name === name)
      const digests = heard.flatMap((each) => at(each)?.live?.digest ?? [])
      const missingAt = heard.filter((each) => at(each)?.live === undefined)
      return { name, digests: [...new Set(digests)], missingAt: missingAt.map(({ url }) => url) }
    }),
  }
}

/** What there is to say of it: one line for each app that does not run alike, and for each receiver that could not be asked. */
export function driftOf({ apps, receivers }: Fleet): string[] {
  return [
    ...apps.flatMap(({ name, digests, missingAt }) => {
      if (digests.length > 1) return [`${name}: ${digests.length} digests run`]
      if (missingAt.length === 0 || digests.length === 0) return []
      return [`${name}: nothing of it is live at ${missingAt.map(hostOf).join(', ')}`]
    }),
    ...receivers.flatMap(({ url, why }) =>
      why === undefined ? [] : [`${hostOf(url)} could not be asked: ${why}`],
    ),
  ]
}

/** What tells receivers apart for people. */
export const hostOf = (url: string): string => url.replace(/^https?:\/\//, '')
