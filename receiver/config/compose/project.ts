import type { Project, Service } from '../../core/project/project.ts'
import type { ContainerSettings } from '../../core/slots/container-settings.ts'
import { readContainer } from '../container.ts'
import { withDeploy } from '../deploy-key.ts'
import { readDocker, SERVICE_KEYS } from '../engines/docker.ts'
import { readOtherKeys } from '../compose-keys.ts'
import type { Field, Reader } from '../reader.ts'
import { number } from '../values.ts'
import { asModel, type ComposeModel, resourcesOf } from './model.ts'
import { isUnfit, noSuch, repositoryOf, rolesOf } from './roles.ts'
import { readService } from './service-reader.ts'
import { type ComposeKey, readComposeKey, sourceId } from './source.ts'

/** What Compose said of a project: its JSON, or why there is none. */
export type ComposeAnswer =
  { json: unknown; warnings: readonly string[] } | { message: string; hint: string }

/** What apps share: the projects as Compose read them, and the services that are taken. */
export interface Projects {
  /** By `sourceId`. */
  answers: ReadonlyMap<string, ComposeAnswer>
  /** By project and service, the app that has it. */
  taken: Map<string, string>
  /** Compose was not asked for those of previews, which nobody wants to know. */
  withoutPreviews?: true
  /** What is wrong with those of previews is in the way of these alone. */
  tolerant?: true
}

export const noProjects = (
  answers: ReadonlyMap<string, ComposeAnswer> = new Map(),
  { withPreviews = true, tolerant = false }: { withPreviews?: boolean; tolerant?: boolean } = {},
): Projects => ({
  answers,
  taken: new Map(),
  ...(withPreviews ? {} : { withoutPreviews: true }),
  ...(tolerant ? { tolerant } : {}),
})

/** Takes the services that are apps, so that they follow no other one. Of two apps for one service the first has it. */
export function takeServices(
  reader: Reader,
  apps: ReadonlyMap<string, Field>,
  { answers, taken }: Projects,
): void {
  // each is told when its app is read
  const quiet: Reader = { ...reader, problem: () => {} }
  for (const [name, app] of apps) {
    const at = quiet.isMapping(app) ? quiet.mapping(app).get('compose') : undefined
    const key = at && readComposeKey(quiet, at)
    const answer = key && answers.get(sourceId(key.source))
    if (answer === undefined || !('json' in answer)) continue
    const id = takenId(asModel(answer.json), key?.service ?? '')
    if (!taken.has(id)) taken.set(id, name)
  }
}

export interface FoundService {
  at: Field
  key: ComposeKey
  model: ComposeModel
  /** The image of the service, as it stands there. */
  image?: string
}

/** Finds the service that an app is; `undefined`, and a problem told, when it is not to be had. */
export function findService(
  reader: Reader,
  at: Field,
  { name, projects }: { name: string; projects: Projects },
): FoundService | undefined {
  const key = readComposeKey(reader, at)
  if (key === undefined) return undefined
  const answer = projects.answers.get(sourceId(key.source))
  if (answer === undefined || !('json' in answer)) {
    const { message, hint } = answer ?? {
      message: 'Compose was not asked for this project',
      hint: 'deploy-receiver check asks it',
    }
    reader.problem(at, message, hint)
    return undefined
  }
  for (const each of answer.warnings) reader.warning(at, `Compose: ${each}`)
  const model = asModel(answer.json)
  if (model.services[key.service] === undefined) {
    const { message, hint } = noSuch(key.service, model)
    reader.problem(at, message, hint)
    return undefined
  }
  const holder = projects.taken.get(takenId(model, key.service))
  if (holder !== undefined && holder !== name) {
    reader.problem(
      at,
      `the service ${key.service} of the project ${model.name} is the app ${holder} already`,
      'name another service, or leave one of the two apps out',
    )
    return undefined
  }
  const image = model.services[key.service]?.image
  return { at, key, model, ...(image === undefined ? {} : { image }) }
}

/**
 * Reads what an app has that is a service of a Compose project: the service's own settings, with those of the config over them,
 * and what the other services of the project are to it.
 */
export function readProjectApp(
  reader: Reader,
  own: ReadonlyMap<string, Field>,
  {
    found: { at, key, model },
    name,
    repository,
    projects,
  }: { found: FoundService; name: string; repository: string; projects: Projects },
): ReturnType<typeof readDocker> {
  const over = new Set(
    [...own].flatMap(([each, field]) => (reader.isNothing(field) || MERGED.has(each) ? [] : each)),
  )
  const service = readService(reader, { model, name: key.service, at, known: SERVICE_KEYS, over })
  const settings = readDocker(
    service.reader,
    new Map([...[...service.keys].filter(([each]) => !MERGED.has(each)), ...own]),
  )
  const theirs = readContainer(
    service.reader,
    new Map([...service.keys].filter(([each]) => MERGED.has(each))),
  )
  const port = settings.port ?? (settings.http ? portOf(model, key.service) : undefined)
  const project = readProject(service.reader, { model, key, at, name, repository, projects })
  return {
    ...settings,
    ...(port === undefined ? {} : { port }),
    container: {
      ...settings.container,
      environment: { ...theirs.environment, ...settings.container.environment },
      secretEnvironment: [
        ...theirs.secretEnvironment.filter(
          (each) => !Object.hasOwn(settings.container.environment, each),
        ),
        ...settings.container.secretEnvironment,
      ],
      labels: { ...theirs.labels, ...settings.container.labels },
    },
    ...(project === undefined ? {} : { project: withPassedOver(reader, at, project, service) }),
  }
}

/** Of these the config's go over the service's name by name; of all others as a whole. */
const MERGED = new Set(['environment', 'labels'])

function withPassedOver(
  reader: Reader,
  at: Field,
  project: Project,
  { passedOver }: { passedOver: () => string[] },
): Project {
  const all = [...passedOver(), ...project.passedOver].toSorted()
  if (all.length > 0) {
    reader.notice(at, `passed over of the service ${project.service}: ${all.join(', ')}`)
  }
  return { ...project, passedOver: all }
}

function readProject(
  reader: Reader,
  {
    model,
    key: { source, service, oneOffMs },
    at,
    name,
    repository,
    projects,
  }: {
    model: ComposeModel
    key: ComposeKey
    at: Field
    name: string
    repository: string
    projects: Projects
  },
): Project | undefined {
  const named = model.services[service] ?? {}
  const theirs = repositoryOf(named)
  if (named.image !== undefined && theirs !== repository) {
    reader.problem(
      at,
      `the service ${service} runs ${named.image}, and the app ${name} may run ${repository} alone`,
      'let both name the same repository',
    )
  }
  const taken = new Set(
    Object.keys(model.services).filter((each) => projects.taken.has(takenId(model, each))),
  )
  const roles = rolesOf(model, { service, repository, taken })
  if (isUnfit(roles)) {
    reader.problem(at, roles.message, roles.hint)
    return undefined
  }
  const { oneOffs, workers, dependencies } = roles
  for (const each of [...oneOffs, ...workers]) projects.taken.set(takenId(model, each), name)
  const passedOver: string[] = []
  const follower = (each: string): Service => {
    const read = readService(reader, {
      model,
      name: each,
      at,
      known: SERVICE_KEYS,
      over: new Set(['container_name', 'build', 'expose']),
    })
    const keys = withDeploy(read.reader, read.keys)
    readOtherKeys(read.reader, keys)
    const container = readContainer(read.reader, keys)
    const replicas = number(read.reader, keys.get('replicas'), { min: 0 }) ?? 1
    passedOver.push(...read.passedOver().map((one) => `${each}.${one}`))
    const saysRestart = ['restart', 'deploy.restart_policy'].some((one) => keys.has(one))
    return { name: each, container: saysRestart ? container : mayEnd(container), replicas }
  }
  return {
    source,
    name: model.name,
    service,
    oneOffs: oneOffs.map(follower),
    workers: workers.map(follower),
    dependencies,
    oneOffMs,
    resources: resourcesOf(model, [service, ...oneOffs, ...workers]),
    passedOver,
  }
}

/** To Compose a service that says nothing may end. It is not left ended by a failure, though. */
const mayEnd = (container: ContainerSettings): ContainerSettings => ({
  ...container,
  restart: { name: 'on-failure', maximumRetries: 0 },
})

/** The port in the container that the service publishes, or else exposes, if it is one. */
export function portOf(model: ComposeModel, service: string): number | undefined {
  const { ports = [], expose = [] } = model.services[service] ?? {}
  const one = (found: readonly number[]) => (new Set(found).size === 1 ? found[0] : undefined)
  const published = ports.flatMap(({ target, protocol = 'tcp' }) =>
    target !== undefined && protocol === 'tcp' ? target : [],
  )
  return (
    one(published) ??
    one(expose.map((each) => Number.parseInt(String(each), 10)).filter((each) => each > 0))
  )
}

const takenId = (model: ComposeModel, service: string) => `${model.name} ${service}`
