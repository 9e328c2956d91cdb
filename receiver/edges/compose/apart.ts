import type { Project } from '../../core/project/project.ts'

type Labels = Readonly<Record<string, string>>

/**
 * The whole project of a preview as Compose reads it: what the preview waits for, with the networks and volumes of all its services. It
 * is YAML, as all JSON is.
 */
export function apartFile({ name, apart, resources }: Project, labels: Labels): string {
  const services = Object.fromEntries(
    Object.entries(apart?.services ?? {}).map(([key, service]) => [key, { ...service, labels }]),
  )
  const model = { name, services, ...labelled(resources, labels) }
  return [
    '# Written by deploy-receiver at each deployment: changes are lost.',
    '# It is the project of a preview, and goes with it: deploy-receiver compose <preview> -- …',
    `${JSON.stringify(model, undefined, 2)}\n`,
  ].join('\n')
}

/** Networks and volumes that bear these labels. */
export function labelled(resources: Project['resources'], labels: Labels): Project['resources'] {
  const each = (all: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(all).map(([key, settings]) => [key, { ...(settings as object), labels }]),
    )
  return { networks: each(resources.networks), volumes: each(resources.volumes) }
}
