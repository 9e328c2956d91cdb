import { DeployError } from '../../../receiver/core/errors.ts'
import type { Sites } from '../../../receiver/core/slots/ports.ts'

export interface FakeSites {
  sites: Sites
  /** What Nginx knows of each app, in words. */
  shown: Map<string, string>
  /** Nginx's complaint about every change, if it has one. */
  complaint: { value: string | undefined }
}

/** Nginx's view of each app, in memory. A change that it complains about is not made, of none of the apps in it. */
export function createFakeSites(): FakeSites {
  const shown = new Map<string, string>()
  const complaint: FakeSites['complaint'] = { value: undefined }
  const known = new Map<string, string>()
  return {
    shown,
    complaint,
    sites: {
      async ensure(upstreams) {
        const changed = Object.entries(upstreams).filter(
          ([app, { blue, green }]) => known.get(app) !== JSON.stringify([blue, green]),
        )
        if (changed.length === 0) return false
        if (complaint.value !== undefined) throw new DeployError('nginx_failed', complaint.value)
        for (const [app, { blue, green }] of changed) {
          known.set(app, JSON.stringify([blue, green]))
          shown.set(app, `${blue.replicas} blue, ${green.replicas} green`)
        }
        return true
      },
    },
  }
}
