import { CONTAINER_KEYS } from '../container.ts'
import { withDeploy } from '../deploy-key.ts'
import { readDocker } from '../engines/docker.ts'
import { plainEnvironment, readEnvironment } from '../environment.ts'
import type { Field, Reader } from '../reader.ts'
import { readVolumes } from '../volumes.ts'
import { INHERITED_KEYS } from './inherited-keys.ts'
import { limited } from './limited.ts'
import { type ParentProject, readPreviewProject } from './project.ts'

/** What may be said of its container in place of what the app says, or beside it. */
export const SETTINGS_KEYS = [...CONTAINER_KEYS, 'port', 'health', 'strategy']

const DRAIN_MS = 10_000

/**
 * What a preview runs with, by the readers of any app.
 * @param keys of the app
 * @param own keys of `previews`, which is `at`
 * @param project of an app that is a service of one
 */
export function readSettings(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  { own, at, project }: { own: ReadonlyMap<string, Field>; at: Field; project?: ParentProject },
): ReturnType<typeof readDocker> & { broken?: string } {
  const parents = withDeploy(reader, keys)
  const inherited = new Map(
    INHERITED_KEYS.flatMap((key) => {
      const each = own.has(key) ? undefined : parents.get(key)
      return each === undefined ? [] : [[key, each] as const]
    }),
  )
  const said = [...own].filter(([key]) => SETTINGS_KEYS.includes(key))
  const both = new Map([...inherited, ...said])
  const wrong: string[] = []
  const ofProject = project && readProject(reader, both, { own, at, project, wrong })
  const settings = ofProject ?? readDocker(reader, both)
  for (const [key, each] of inherited) refuseVariables(reader, key, each)
  const { secretHeaders } = settings.health
  const health = inherited.get('health')
  if (health !== undefined && secretHeaders.length > 0) {
    const message = `a secret of the app stands in it (${secretHeaders.join(', ')}), which previews do not get`
    reader.problem(health, message, 'write previews.health, with what previews may know')
  }
  refuseShared(reader, own.get('volumes'))
  const named = readEnvironment(reader, own.get('env_file'), own.get('environment'))
  return {
    ...settings,
    ...(wrong.length === 0 ? {} : { broken: wrong.join('\n') }),
    drainMs: DRAIN_MS,
    container: limited({
      ...settings.container,
      environment: {
        ...settings.container.environment,
        ...plainEnvironment(reader, keys.get('environment')),
        ...named.environment,
      },
    }),
  }
}

/**
 * What is wrong with the project. Its files change without the config: what is wrong with them then is not to keep the receiver from
 * starting, where that is asked for, and `wrong` has it.
 */
function readProject(
  reader: Reader,
  keys: ReadonlyMap<string, Field>,
  {
    own,
    at: previews,
    project,
    wrong,
  }: { own: ReadonlyMap<string, Field>; at: Field; project: ParentProject; wrong: string[] },
) {
  const at = own.get('compose') ?? previews
  const bearing: Reader = {
    ...reader,
    problem(field, message, hint) {
      wrong.push(`${message}${hint === undefined ? '' : `; ${hint}`}`)
      reader.warning(field, `no preview is made or updated: ${message}`, hint)
    },
  }
  const told = project.projects.tolerant === true ? bearing : reader
  return readPreviewProject(told, keys, { at, own, parent: project })
}

/** What this machine fills in is nothing for whoever opens a pull request. */
function refuseVariables(reader: Reader, key: string, field: Field): void {
  const names = [...reader.variablesIn(field).keys()]
  if (names.length === 0) return
  reader.problem(
    field,
    `\${${names.join('}, ${')}} stands in it, and previews get no variable of this machine by themselves`,
    `write previews.${key}, with what previews may know`,
  )
}

/** One would have the data of the others. */
function refuseShared(reader: Reader, field: Field | undefined): void {
  const quiet: Reader = { ...reader, problem: () => {}, notice: () => {} }
  const named = readVolumes(quiet, field, undefined).volumes.find(
    (volume) => !volume.startsWith('/'),
  )
  if (field === undefined || named === undefined) return
  const [, path = ''] = named.split(':')
  reader.problem(
    field,
    `all previews would share the volume of ${named}`,
    `write ${path} alone: each has one of its own there, which goes with it`,
  )
}
