import type { KubernetesApp } from '../../core/app.ts'
import { DeployError } from '../../core/errors.ts'
import { FIELD_MANAGER, KIND, type KubernetesApi } from './api.ts'
import { ApiError } from './errors.ts'
import { withoutCause } from './marks.ts'
import type { Workload } from './objects.ts'

/** Somebody else may change it between our look and our word. */
const TRIES = 8

/** What a workload is to be of ours: images by container, our annotations and those of its pods. */
export interface Wanted {
  images: Readonly<Record<string, string>>
  marks: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}

/**
 * Changes a workload by server-side apply, as a field manager of our own. Images that somebody else manages are taken over, and nothing
 * else. Resolves to who managed them, and to the workload; to nothing, when `want` sees nothing to change.
 */
export async function change(
  app: KubernetesApp,
  api: KubernetesApi,
  want: (standing: Workload) => Wanted | undefined,
  signal: AbortSignal,
): Promise<{ workload: Workload; takenFrom: string[] } | undefined> {
  const { workload: which } = app.kubernetes
  const takenFrom = new Set<string>()
  let force = false
  let hasCause = true
  for (let left = TRIES; ; left--) {
    const standing = await api.workload(which)
    const wanted = want(standing)
    if (wanted === undefined) return undefined
    const body = bodyOf(
      standing,
      hasCause ? wanted : { ...wanted, annotations: withoutCause(wanted.annotations) },
    )
    try {
      return {
        workload: await api.applyWorkload(which, body, { force, signal }),
        takenFrom: [...takenFrom],
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409 || left === 1) throw error
      const conflicts = conflictsOf(error)
      if (conflicts.length === 0) {
        force = false
        continue
      }
      const about = (part: string) => conflicts.filter(({ field }) => field.includes(part))
      const images = conflicts.filter(({ field }) => field.endsWith('.image'))
      for (const { manager } of images) takenFrom.add(manager)
      if (about('change-cause').length > 0) hasCause = false
      const others = conflicts.length - images.length - about('.annotations.').length
      if (others > 0) throw heldByOthers(app, conflicts)
      // what of the annotations is not ours alone is left out by now
      force = images.length > 0 || about('deploy-receiver/').length > 0
    }
  }
}

/** Also what we said of other containers before: what is said no more would be taken away. */
function bodyOf({ metadata, spec }: Workload, { images, marks, annotations }: Wanted): object {
  const { containers, initContainers = [] } = spec.template.spec
  const ours = managedImages(metadata.managedFields)
  const applied = (each: { name: string; image?: string }) => {
    const image = images[each.name] ?? (ours.has(each.name) ? each.image : undefined)
    return image === undefined ? [] : [{ name: each.name, image }]
  }
  const mains = containers.flatMap(applied)
  const inits = initContainers.flatMap(applied)
  return {
    metadata: { name: metadata.name, resourceVersion: metadata.resourceVersion, annotations },
    spec: {
      template: {
        metadata: { annotations: marks },
        spec: {
          ...(mains.length === 0 ? {} : { containers: mains }),
          ...(inits.length === 0 ? {} : { initContainers: inits }),
        },
      },
    },
  }
}

/** Names of containers whose image is ours already: `k:{"name":"web"}` → `f:image`. */
function managedImages(managed: Workload['metadata']['managedFields'] = []): Set<string> {
  const names = new Set<string>()
  const walk = (fields: unknown) => {
    if (typeof fields !== 'object' || fields === null) return
    for (const [key, value] of Object.entries(fields)) {
      if (
        key.startsWith('k:{"name":') &&
        typeof value === 'object' &&
        value !== null &&
        'f:image' in value
      ) {
        names.add((JSON.parse(key.slice(2)) as { name: string }).name)
      } else walk(value)
    }
  }
  for (const { manager, fieldsV1 } of managed) if (manager === FIELD_MANAGER) walk(fieldsV1)
  return names
}

/** `conflict with "kubectl-client-side-apply" using apps/v1`, and the field. */
const conflictsOf = ({ causes }: ApiError): { manager: string; field: string }[] =>
  causes.flatMap(({ reason, message = '', field = '' }) =>
    reason === 'FieldManagerConflict'
      ? [
          {
            field,
            manager:
              /^conflict with "([^"]{1,128})"/.exec(message.slice(0, 300))?.[1] ?? 'somebody',
          },
        ]
      : [],
  )

function heldByOthers(
  { kubernetes: { workload } }: KubernetesApp,
  conflicts: ReturnType<typeof conflictsOf>,
) {
  const what = conflicts.map(({ field, manager }) => `${field} of ${manager}`).join(', ')
  return new DeployError(
    'cluster_refused',
    `${KIND[workload.kind]} ${workload.name}: others manage what a deployment writes beside images: ${what}`,
    {
      hint: 'nothing was changed; `kubectl get --show-managed-fields -o yaml` shows who manages what',
    },
  )
}
