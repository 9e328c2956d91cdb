import type { DeploymentEvent } from '../../../protocol/deployment.ts'
import type { AppConfig } from '../../config/config.ts'
import { DeployError } from '../../core/errors.ts'
import { type Finding, found, type Found, of } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'
import { hadToKill, hearingAdvice } from '../../core/slots/retire.ts'
import type { Engine } from '../../edges/docker/engine.ts'
import { look } from './look.ts'

/** So many of its last deployments are looked at. */
const MOST_DEPLOYMENTS = 20

export interface AppPorts {
  engine: Pick<Engine, 'containers'>
  journal: Pick<Journal, 'live' | 'recent'> & {
    events(deployment: string, after: number): { event: DeploymentEvent }[]
  }
  /** Since when an app is stopped on purpose. */
  stoppedSince: (app: string) => string | undefined
}

/** Whether what is live runs, and whether what was live before heard that it was to stop. */
export const lookAtApps = (apps: readonly AppConfig[], ports: AppPorts): Promise<Finding>[] =>
  apps.flatMap((app) => [
    look({ id: `app:${app.name}`, what: `app ${app.name}` }, () => lookAtApp(app, ports)),
    ...lookAtStop(app, ports).map((each) => Promise.resolve(each)),
  ])

async function lookAtApp(
  { name }: AppConfig,
  { engine, journal, stoppedSince }: AppPorts,
): Promise<Found> {
  const since = stoppedSince(name)
  if (since !== undefined) {
    const hint = `deploy-receiver start ${name} starts it again, and so does a deployment`
    return { message: `stopped since ${since}: visitors get 503`, hint }
  }
  const live = journal.live(name)
  if (live === undefined) return 'nothing is live yet'
  const all = await engine.containers(name)
  const own = all.filter(({ generation }) => generation === live.standsIn)
  const still = own.filter(({ running }) => !running)
  const { id, image } = live.deployment
  if (own.length > 0 && still.length === 0) {
    const digest = image.digest?.slice(0, SHORT_DIGEST) ?? ''
    return `${id} is live in ${own.map((each) => each.name).join(', ')}: ${digest}`
  }
  const names = still.map((each) => each.name)
  if (own.length === 0) {
    throw new DeployError('exited', `the container of ${id} is gone`, {
      hint: `deploy-receiver deploy ${name} makes one anew; the receiver's log says why it did not itself`,
    })
  }
  throw new DeployError('exited', `${names.join(', ')} does not run`, {
    hint: `\`docker logs ${names[0]}\` says why it ended; deploy-receiver rollback ${name} goes back to the release before`,
  })
}

/** As many digits as a rollback takes. */
const SHORT_DIGEST = 'sha256:'.length + 12

/** How the container ended that was stopped last; nothing when none was, of late. */
function lookAtStop({ name, container }: AppConfig, { journal }: AppPorts): Finding[] {
  let left = MOST_DEPLOYMENTS
  for (const { id } of journal.recent(name)) {
    if (left-- === 0) return []
    const killed = hadToKill(journal.events(id, 0).map(({ event }) => event))
    if (killed === undefined) continue
    const by = `${id} stopped the release before it`
    if (!killed) return [found(of('stop', name), `${by}, which ended by itself`)]
    const message = `${by}, which did not hear the signal and was killed`
    const hint = `in apps.${name}: ${hearingAdvice(container)}; a start script ends with exec. The deployment after the next shows whether it helped`
    return [found(of('stop', name), { message, hint })]
  }
  return []
}
