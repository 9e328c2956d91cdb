import { join } from 'node:path'
import { ownServices, type Project } from '../../core/project/project.ts'
import { pathSegment } from '../path-segment.ts'

/** What Compose is told of an app's project beyond the project's own files. */
export const overrideFile = (data: string, app: string): string =>
  join(data, 'compose', `${pathSegment(app)}.yaml`)

/**
 * Our services have no containers of Compose's, and are of the digest that is live. Before the first deployment Compose runs them:
 * they serve. It is YAML, as all JSON is.
 */
export function overrideOf(project: Project, image: string | undefined): string {
  const own = {
    image,
    // Compose wants both to say the same, and files say it in either way
    scale: 0,
    deploy: { replicas: 0 },
  }
  const names = image === undefined ? [] : ownServices(project)
  const services = Object.fromEntries(names.map((name) => [name, own]))
  return [
    '# Written by deploy-receiver at each deployment: changes are lost.',
    '# These services are its own. It passes this file to Compose: deploy-receiver compose <app> -- …',
    `${JSON.stringify({ services }, undefined, 2)}\n`,
  ].join('\n')
}
