import type { KubernetesApp } from '../../core/app.ts'
import type { AppConfig } from '../config.ts'
import type { Field, Reader } from '../reader.ts'

/** Refuses two apps of one workload: each would take the other's order for somebody else's change. */
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
        'an app is a workload: containers of one repository are deployed together, others are workloads of their own',
      )
    }
    before.push(app)
  }
}

const areOne = (
  { kubernetes: one }: KubernetesApp,
  { kubernetes: other }: KubernetesApp,
): boolean =>
  one.context === other.context &&
  one.namespace === other.namespace &&
  one.workload.kind === other.workload.kind &&
  one.workload.name === other.workload.name
