import type { Context } from 'hono'
import { driftOf, type Fleet } from '../../core/fleet/fleet.ts'

export interface FleetServices {
  /** Asks all receivers of the config, this one included. */
  fleet(): Promise<Fleet>
}

/** `GET /fleet`: what runs where. */
export async function readFleet(c: Context, { fleet }: FleetServices): Promise<Response> {
  const found = await fleet()
  return c.json({
    receivers: found.receivers.map(({ url, isOwn, apps, why }) => ({
      url,
      own: isOwn,
      error: why ?? null,
      apps: apps.map(({ name, live, underWay, lastFailed }) => ({
        name,
        live: live ?? null,
        under_way: underWay ?? null,
        last_failed: lastFailed,
      })),
    })),
    drift: driftOf(found),
  })
}
