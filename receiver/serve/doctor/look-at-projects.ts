import { onThisMachine } from '../../core/app.ts'
import type { AppConfig } from '../../config/config.ts'
import { DeployError } from '../../core/errors.ts'
import { type Finding, type Found, of } from '../../core/finding.ts'
import type { Journal } from '../../core/journal.ts'
import { besideOurs, besideOursRemedy } from '../../core/project/beside-ours.ts'
import { liveImage } from '../../core/project/live-image.ts'
import type { ComposeProjects, ServiceContainer } from '../../core/project/ports.ts'
import type { ComposeSource, Project } from '../../core/project/project.ts'
import { describeVersion } from '../../edges/compose/lacking.ts'
import { look } from './look.ts'

export interface LookedAtProjects {
  compose: Pick<ComposeProjects, 'containers' | 'isOverridden'>
  /** Has Compose read it now, and says which Compose that is. Throws an error with its remedy. */
  read(source: ComposeSource, signal: AbortSignal): Promise<{ version: string }>
  services(app: string): Promise<ServiceContainer[]>
}

interface ProjectPorts extends LookedAtProjects {
  journal: Pick<Journal, 'live'>
  stoppedSince: (app: string) => string | undefined
}

/** Of apps that are services of Compose projects: whether Compose reads the files, and leaves ours to us, and whether workers run. */
export const lookAtProjects = (
  apps: readonly AppConfig[],
  ports: ProjectPorts,
): Promise<Finding>[] =>
  apps.flatMap((app) => {
    const { name } = app
    const { project } = onThisMachine(app)
    if (project === undefined) return []
    const files = look(of('project', name), (signal) => lookAtProject(name, project, ports, signal))
    const isLive = ports.journal.live(name) !== undefined
    if (!isLive || project.workers.length === 0 || ports.stoppedSince(name) !== undefined) {
      return [files]
    }
    return [files, look(of('services', name), () => lookAtServices(name, project, ports))]
  })

async function lookAtProject(
  app: string,
  project: Project,
  { compose, read, journal }: ProjectPorts,
  signal: AbortSignal,
): Promise<Found> {
  const { source, service, name } = project
  const { version } = await read(source, signal)
  const files = source.files.join(', ')
  const is = `${service} of ${name}: Compose reads ${files}; it is ${describeVersion(version)}`
  if (journal.live(app) === undefined) return is
  const beside = await besideOurs(project, compose)
  if (beside.length > 0) {
    return {
      message: `${is}, and runs ${beside.join(', ')} beside ours`,
      hint: besideOursRemedy(app),
    }
  }
  if (!compose.isOverridden(app, project, liveImage({ name: app }, { journal }))) {
    return {
      message: `${is}; what it is told of ours (compose/${app}.yaml in data) is gone, or edited: deploy-receiver compose ${app} would start a second ${service}`,
      hint: `systemctl restart deploy-receiver writes it anew, and so does a deployment`,
    }
  }
  return is
}

async function lookAtServices(
  app: string,
  { workers }: Project,
  { services, journal }: ProjectPorts,
): Promise<Found> {
  const live = journal.live(app)
  const all = (await services(app)).filter(({ generation }) => generation === live?.standsIn)
  const states = workers.map(({ name, replicas }) => {
    const own = all.filter((each) => each.service === name)
    const fit = own.filter(({ running, doneAt }) => running || doneAt !== undefined)
    const isDone = own.some(({ doneAt }) => doneAt !== undefined)
    return { name, isFit: fit.length >= replicas, says: `${name} ${isDone ? 'is done' : 'runs'}` }
  })
  const still = states.find(({ isFit }) => !isFit)
  if (still === undefined) return states.map(({ says }) => says).join(', ')
  throw new DeployError('exited', `${still.name} does not run`, {
    hint: `deploy-receiver logs ${app} --service ${still.name} says why it ended; deploy-receiver restart ${app} starts it anew`,
  })
}
