import { DeployError } from '../../../receiver/core/errors.ts'
import type { Served, Sites } from '../../../receiver/core/slots/ports.ts'

export interface FakeSites {
  sites: Sites
  /** What Nginx knows of each app, in words. */
  shown: Map<string, string>
  /** Nginx's complaint about every change, if it has one. */
  complaint: { value: string | undefined }
  /** What it warns of at every change. */
  warnings: { value: readonly string[] }
  /** What it says of every app that it knows. */
  answer: { value: () => Served }
}

/** Nginx's view of each app, in memory. A change that it complains about is not made, of none of the apps in it. */
export function createFakeSites(): FakeSites {
  const shown = new Map<string, string>()
  const complaint: FakeSites['complaint'] = { value: undefined }
  const warnings: FakeSites['warnings'] = { value: [] }
  const answer: FakeSites['answer'] = { value: () => ({}) }
  const known = new Map<string, string>()
  const ask = async (app: string) => {
    if (!known.has(app)) throw new DeployError('not_served', `Nginx was never told of ${app}`)
    return answer.value()
  }
  return {
    shown,
    complaint,
    warnings,
    answer,
    sites: {
      async ensure(upstreams) {
        const changed = Object.entries(upstreams).filter(
          ([app, each]) => known.get(app) !== JSON.stringify(each),
        )
        if (changed.length === 0) return { changed: false, warnings: [] }
        if (complaint.value !== undefined) throw new DeployError('nginx_failed', complaint.value)
        for (const [app, each] of changed) {
          known.set(app, JSON.stringify(each))
          shown.set(
            app,
            'published' in each
              ? each.published.join(' ')
              : `${each.blue.replicas} blue, ${each.green.replicas} green`,
          )
        }
        return { changed: true, warnings: warnings.value }
      },
      ask,
      askAhead: () => {},
    },
  }
}
