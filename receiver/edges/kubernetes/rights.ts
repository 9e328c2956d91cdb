import type { KubernetesApp } from '../../core/app.ts'
import { type KubernetesApi, PLURAL } from './api.ts'
import { type Right, ruleFor } from './errors.ts'

export interface MissingRight {
  /** As a line of `rules` of a Role. */
  rule: string
  /** What is not done without it; absent: nothing can be deployed. */
  without?: string
}

/** What an app's deployments take, with what is lost where that is not all. */
function neededFor({
  kubernetes: { workload },
  release,
}: KubernetesApp): (Right & { without?: string })[] {
  const { kind, name } = workload
  const each = (verbs: readonly string[], what: Omit<Right, 'verb'> & { without?: string }) =>
    verbs.map((verb) => ({ verb, ...what }))
  return [
    ...each(['get', 'list', 'watch', 'patch'], { group: 'apps', resource: PLURAL[kind], name }),
    ...each(['list', 'watch'], { group: '', resource: 'pods' }),
    ...(kind === 'deployment'
      ? each(['list', 'watch'], {
          group: 'apps',
          resource: 'replicasets',
          without: 'whose pods are whose is known by their names alone',
        })
      : []),
    ...each(['list'], {
      group: '',
      resource: 'events',
      without: 'what the scheduler, the kubelet and probes say is not told',
    }),
    ...each(['get'], { group: '', resource: 'pods/log', without: 'what pods print is not told' }),
    ...(kind === 'statefulset'
      ? each(['delete'], {
          group: '',
          resource: 'pods',
          without: 'a failed version that keeps the one before from coming back is deleted by hand',
        })
      : []),
    ...(release === undefined
      ? []
      : each(['get', 'list', 'create', 'delete'], { group: 'batch', resource: 'jobs' })),
  ]
}

/** Asks the cluster itself what its Role lacks. */
export async function missingRights(
  app: KubernetesApp,
  api: KubernetesApi,
): Promise<MissingRight[]> {
  const needed = neededFor(app)
  const allowed = await Promise.all(
    needed.map(({ verb, group, resource, name }) => {
      const [kind = '', subresource] = resource.split('/')
      return api.may({
        verb,
        group,
        resource: kind,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      })
    }),
  )
  const missing = needed.filter((_, index) => allowed[index] !== true)
  const byThing = Map.groupBy(missing, ({ verb: _verb, ...thing }) => JSON.stringify(thing))
  return [...byThing.values()].flatMap((rights) => {
    const [first] = rights
    if (first === undefined) return []
    const { without } = first
    const verb = rights.map((each) => each.verb).join(', ')
    return [{ rule: ruleFor({ ...first, verb }), ...(without === undefined ? {} : { without }) }]
  })
}
