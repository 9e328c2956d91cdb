import type { Deployment } from '../../../protocol/deployment.ts'
import type { HttpApps } from '../apps.ts'
import { ProblemError } from '../problem.ts'

export interface FindServices {
  apps: HttpApps
  archive: {
    /** Some of those whose ids begin so, the oldest first. */
    beginning(prefix: string, most: number): Deployment[]
    /** Those that came of the request with this id. */
    ofRequest(id: string, most: number): Deployment[]
    /** Those of an app, the newest first. */
    recent(app: string): Iterable<Deployment>
  }
}

const SHOWN = 5

const REQUEST_ID = /^[0-9a-f]{32}$/

/**
 * The deployment of that id, of the request of that id, the only one whose id begins so, or the newest of the app of that name. Throws `unknown_deployment` and `ambiguous_deployment`.
 */
export function deploymentNamed(id: string, { archive, apps }: FindServices): Deployment {
  const [newest] = apps.has(id) ? archive.recent(id) : []
  if (newest !== undefined) return newest
  const found = REQUEST_ID.test(id)
    ? archive.ofRequest(id, SHOWN + 1)
    : /^\w+$/.test(id)
      ? archive.beginning(id, SHOWN + 1)
      : []
  const [first, ...others] = found
  if (first === undefined) {
    throw new ProblemError('unknown_deployment', `there is no deployment ${JSON.stringify(id)}`, {
      hint: `${historiesOf(apps)} lists them`,
    })
  }
  if (others.length === 0 || first.id === id) return first
  const ids = found.slice(0, SHOWN).map((each) => each.id)
  const more = found.length > SHOWN ? ', …' : ''
  throw new ProblemError(
    'ambiguous_deployment',
    `${JSON.stringify(id)} is the beginning of several deployments: ${ids.join(', ')}${more}`,
    { hint: 'give more of its characters' },
  )
}

const historiesOf = (apps: HttpApps): string => {
  const [only, ...others] = apps.keys()
  return `deploy-receiver history ${only === undefined || others.length > 0 ? '<app>' : only}`
}
