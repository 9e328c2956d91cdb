import type { KubernetesApp } from '../../core/app.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'

/** Refuses two apps that would change the image of the same container: each would take the other's for somebody else's change. */
export function refuseSameWorkload(
  reader: Reader,
  field: Field | undefined,
  apps: Readonly<Record<string, AppConfig>>,
): void {
  const fields = reader.mapping(field)
  const before: KubernetesApp[] = []
  for (const app of Object.values(apps)) {
    if (app.engine !== 'kubernetes' || app.kubernetes.workload.name === '') continue
    const twin = before.find((other) => areOne(app, other))
    if (twin !== undefined) {
      const { kind, name } = app.kubernetes.workload
      reader.problem(
        reader.mapping(fields.get(app.name)).get('kubernetes') ??
          fields.get(app.name) ??
          reader.root,
        `the ${kind} ${name} is that of ${twin.name} already`,
        'name a container of its own for each: kubernetes.container',
      )
    }
    before.push(app)
  }
}

function areOne(
  { kubernetes: one, image }: KubernetesApp,
  { kubernetes: other, ...rest }: KubernetesApp,
): boolean {
  const isSamePlace =
    one.context === other.context &&
    one.namespace === other.namespace &&
    one.workload.kind === other.workload.kind &&
    one.workload.name === other.workload.name
  if (!isSamePlace) return false
  return one.container === undefined || other.container === undefined
    ? image.repository === rest.image.repository || one.container === other.container
    : one.container === other.container
}
