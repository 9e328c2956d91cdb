import { readFileSync } from 'node:fs'
import { defined } from '../../core/defined.ts'
import type { Project, Service } from '../../core/project/project.ts'
import type { ContainerSettings } from '../../core/slots/container-settings.ts'
import { asModel, type ComposeModel, resourcesOf } from '../compose/model.ts'
import { type FoundService, type Projects, readProjectApp } from '../compose/project.ts'
import { isUnfit, noSuch, type Roles, rolesOf } from '../compose/roles.ts'
import { readPreviewSource, sourceId } from '../compose/source.ts'
import type { readDocker } from '../engines/docker.ts'
import { EnvFileError, parseEnvFile } from '../env-file.ts'
import { readEnvironment } from '../environment.ts'
import { readNetworks } from '../networks.ts'
import type { Field, Reader } from '../reader.ts'
import { isSecret } from '../secret-values.ts'
import { readVolumes } from '../volumes.ts'
import { composeService } from './compose-service.ts'
import { limited } from './limited.ts'
import { OWN_NAME } from './named.ts'
import { type PreviewModel, previewModel } from './project-model.ts'
import type { Refusal } from './refusals.ts'

/** The project of the app itself, and what it has to do with other apps. */
export interface ParentProject {
  found: FoundService
  name: string
  repository: string
  projects: Projects
}

type Settings = ReturnType<typeof readDocker>

/**
 * Reads what previews have of an app that is a service of a Compose project: a project of their own each, of the services that the app
 * needs, as Compose reads them without anything of this machine.
 * @param keys of the app and of `previews`, that go over those of the service
 * @param own keys of `previews`
 * @returns `undefined` when it is not to be had, which is told
 */
export function readPreviewProject(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  { at, own, parent }: { at: Field; own: ReadonlyMap<string, Field>; parent: ParentProject },
): Settings | undefined {
  const { found, name, repository, projects } = parent
  const source = readPreviewSource(reader, found.key.source, own.get('compose'))
  const answer = projects.answers.get(sourceId(source))
  if (answer === undefined || !('json' in answer)) {
    const nothing = { message: 'Compose was not asked', hint: 'deploy-receiver check asks it' }
    const { message, hint } = answer ?? nothing
    reader.problem(at, message, hint)
    return undefined
  }
  const whole = asModel(answer.json)
  const roles = rolesIn(whole, parent)
  if ('message' in roles) {
    reader.problem(at, roles.message, roles.hint)
    return undefined
  }
  const given = readGiven(reader, at, source.envFile)
  const { service } = found.key
  const waitedFor = roles.dependencies.map((each) => each.service)
  const services = [service, ...roles.oneOffs, ...roles.workers, ...waitedFor]
  const made = previewModel(whole, { services, given: Object.values(given) })
  tell(reader, at, { made, whole, roles, files: source.files })
  const quiet: Reader = { ...reader, notice: () => {} }
  const settings = readProjectApp(quiet, withoutAdded(keys), {
    found: { at, key: { ...found.key, source }, model: made.model },
    name,
    repository,
    projects: { answers: projects.answers, taken: takenBesides(parent) },
  })
  const { project, container, ...others } = settings
  if (project === undefined) return undefined
  const secretVariables = { ...container.secretVariables, ...secretsOf(given) }
  return {
    ...others,
    replicas: 1,
    container: { ...added(quiet, own, container), secretVariables },
    project: {
      ...ownProject(project, readEnvironment(quiet, own.get('env_file'), own.get('environment'))),
      resources: resourcesOf(made.model, services),
      apart: {
        services: Object.fromEntries(
          waitedFor.map((each) => [each, composeService(made.model, each)]),
        ),
      },
    },
  }
}

/** What the services are to the app, or why it cannot be one of them. */
function rolesIn(
  model: ComposeModel,
  parent: ParentProject,
): Roles | { message: string; hint: string } {
  const { service } = parent.found.key
  if (model.services[service] === undefined) return noSuch(service, model)
  const prefix = `${OWN_NAME} `
  const taken = new Set([...takenBesides(parent).keys()].map((id) => id.slice(prefix.length)))
  const roles = rolesOf(model, { service, repository: parent.repository, taken })
  return isUnfit(roles) ? roles : roles
}

/** What other apps have of the project: it does not follow this one in its previews either. */
const takenBesides = ({ found: { model }, name, projects }: ParentProject): Map<string, string> =>
  new Map(
    [...projects.taken].flatMap(([id, holder]) =>
      holder !== name && id.startsWith(`${model.name} `)
        ? [[`${OWN_NAME}${id.slice(model.name.length)}`, holder]]
        : [],
    ),
  )

/** What Compose filled in, by the env file that is named for previews. */
function readGiven(reader: Reader, at: Field, file: string | undefined): Record<string, string> {
  if (file === undefined) return {}
  try {
    return parseEnvFile(readFileSync(file, 'utf8'), {})
  } catch (error) {
    // one that is not there Compose was not asked with
    if (!(error instanceof EnvFileError)) throw error
    reader.problem(at, `${file}:${error.line}: ${error.message}`, error.hint)
    return {}
  }
}

const secretsOf = (given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).filter(([name, value]) => isSecret({ name, value, fromOutside: true })),
  )

/** What previews cannot have, and what they go without. */
function tell(
  reader: Reader,
  at: Field,
  {
    made,
    whole,
    roles,
    files,
  }: { made: PreviewModel; whole: ComposeModel; roles: Roles; files: readonly string[] },
): void {
  for (const each of made.refused) refuse(reader, at, each, files)
  for (const { service } of roles.dependencies) {
    if (whole.services[service]?.image !== undefined) continue
    const message = `the service ${service} is built here, and previews pull what they run`
    reader.problem(at, message, 'build and push it by the workflow, and name its image')
  }
  if (made.leftOut.length === 0) return
  const message = `previews go without, of the service ${made.leftOut.join('; of ')}: what they need of it is named under previews (docs/compose.md)`
  reader.notice(at, message)
}

function refuse(
  reader: Reader,
  at: Field,
  { service, what, why, without }: Refusal,
  files: readonly string[],
): void {
  reader.problem(
    at,
    `the service ${service} has ${what}, and its previews cannot have it: ${why}`,
    `take it out in a further file: previews: { compose: { file: [${files.join(', ')}, preview.yaml] } }, with services: { ${service}: { ${without} } } in preview.yaml`,
  )
}

/** These go beside those of the service, and not in their place. */
const ADDED = new Set(['volumes', 'networks'])

const withoutAdded = (keys: ReadonlyMap<string, Field>) =>
  new Map([...keys].filter(([key]) => !ADDED.has(key)))

function added(
  reader: Reader,
  own: ReadonlyMap<string, Field>,
  container: ContainerSettings,
): ContainerSettings {
  const more = readVolumes(reader, own.get('volumes'), undefined)
  const { networks, aliases } = readNetworks(reader, own.get('networks'))
  const anonymous = [...(container.anonymousVolumes ?? []), ...(more.anonymousVolumes ?? [])]
  return {
    ...container,
    volumes: [...container.volumes, ...more.volumes],
    networks: [...container.networks, ...networks],
    ...(anonymous.length === 0 ? {} : { anonymousVolumes: anonymous }),
    ...defined({
      aliases: aliases === undefined ? container.aliases : { ...container.aliases, ...aliases },
      requiredSources: more.requiredSources ?? container.requiredSources,
    }),
  }
}

/** Its other services have what is named for previews, too, and limits. */
function ownProject(
  project: Project,
  named: Pick<ContainerSettings, 'environment' | 'secretEnvironment'>,
): Project {
  const own = (service: Service): Service => ({
    ...service,
    container: limited({
      ...service.container,
      environment: { ...service.container.environment, ...named.environment },
      secretEnvironment: [
        ...new Set([...service.container.secretEnvironment, ...named.secretEnvironment]),
      ],
    }),
  })
  return { ...project, oneOffs: project.oneOffs.map(own), workers: project.workers.map(own) }
}
