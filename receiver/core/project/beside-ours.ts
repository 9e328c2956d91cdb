import type { DockerApp } from '../app.ts'
import type { ComposeProjects } from './ports.ts'
import { ownServices, type Project } from './project.ts'

/**
 * Containers that Compose runs of services that are ours: from before they were, or of a `docker compose up` by hand that did not know
 * of it. They take requests and jobs beside ours, with whatever version they are of.
 */
export async function besideOurs(
  project: Project,
  compose: Pick<ComposeProjects, 'containers'>,
): Promise<string[]> {
  const own = ownServices(project)
  return (await compose.containers(project.name)).flatMap(({ name, service, running }) =>
    running && own.includes(service) ? name : [],
  )
}

/** What to do about them. */
export const besideOursRemedy = (app: string): string =>
  `deploy-receiver compose ${app} -- up -d takes them away and leaves all else as it is; that, and not docker compose alone, is the way to change the project`

/** What Compose runs beside ours, and the remedy; `undefined` when that is nothing. */
export async function besideOf(
  { name, project }: Pick<DockerApp, 'name' | 'project'>,
  { compose }: { compose: Pick<ComposeProjects, 'containers'> },
): Promise<string | undefined> {
  const beside = project === undefined ? [] : await besideOurs(project, compose).catch(() => [])
  if (beside.length === 0) return undefined
  return `Compose runs ${beside.join(', ')} beside ours: ${besideOursRemedy(name)}`
}
