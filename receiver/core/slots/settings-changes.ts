import type { Settings } from '../app.ts'
import type { Project } from '../project/project.ts'

/** One setting that differs, by its path: `environment.LOG_LEVEL`, `replicas`. */
export interface SettingChange {
  setting: string
  change: 'added' | 'changed' | 'removed'
  /** It is a secret, or has one in it: its values are not told. */
  secret: boolean
  /** As JSON. */
  from?: string
  to?: string
}

/** What a reload would change of an app. */
export interface PlannedReload {
  changes: SettingChange[]
  /** Why the file would not be taken as it is. */
  problem?: string
}

/**
 * What differs between the settings of two releases, or of two configs of an app, by path. Of secrets it is told that they
 * differ, and not how.
 */
export function settingsChanges(then: Settings, now: Settings): SettingChange[] {
  const [before, after] = [flat(then), flat(now)]
  const isSecret = secretsOf([then, now])
  const settings = [...new Set([...before.keys(), ...after.keys()])].sort()
  return settings.flatMap((setting) => {
    const [from, to] = [before.get(setting), after.get(setting)]
    if (from === to) return []
    const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    if (isSecret(setting, from) || isSecret(setting, to)) return { setting, change, secret: true }
    return {
      setting,
      change,
      secret: false,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    }
  })
}

/** What hooks and registries are signed in by. */
const CREDENTIALS = ['auth.keys', 'auth.secrets', 'auth.basic.tokens', 'auth.github', 'registries.']

/** Of these it is only said what is secret in others; their values are secrets themselves. */
const ABOUT_SECRETS = new Set(['secretEnvironment', 'secretVariables', 'secretHeaders'])

/** Every value by its path, as JSON; lists are values. What stands in a container's settings has no word in front. */
function flat({ container, project, ...others }: Settings): Map<string, string> {
  const found = new Map<string, string>()
  const walk = (value: unknown, path: readonly string[]) => {
    if (value === undefined) return
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return void found.set(path.join('.'), JSON.stringify(value))
    }
    for (const [name, each] of Object.entries(value)) {
      if (ABOUT_SECRETS.has(name) && !NAMED_BY_USERS.has(path.at(-1) ?? '')) continue
      walk(each, [...path, NAMED_BY_USERS.has(path.at(-1) ?? '') ? name : snake(name)])
    }
  }
  walk(container, [])
  walk(others, [])
  for (const { name, container: its, replicas } of servicesOf(project)) {
    walk({ ...its, replicas }, ['services', name])
  }
  return found
}

const servicesOf = (project: Project | undefined) => [
  ...(project?.oneOffs ?? []),
  ...(project?.workers ?? []),
]

/** The keys below these are no words of ours. */
const NAMED_BY_USERS = new Set([
  'environment',
  'labels',
  'sysctls',
  'tmpfs',
  'headers',
  'options',
  'aliases',
])

/** As in the config: `stop_grace_ms`. */
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function secretsOf(all: readonly Settings[]) {
  const containers = all.flatMap(({ container, project }) => [
    { container, before: '' },
    ...servicesOf(project).map((service) => ({
      container: service.container,
      before: `services.${service.name}.`,
    })),
  ])
  const names = new Set([
    ...containers.flatMap(({ container, before }) =>
      container.secretEnvironment.map((name) => `${before}environment.${name}`),
    ),
    ...all.flatMap(({ health }) => health.secretHeaders.map((name) => `health.headers.${name}`)),
  ])
  const values = [
    ...containers.flatMap(({ container }) => [
      ...Object.values(container.secretVariables),
      ...container.secretEnvironment.map((name) => container.environment[name]),
    ]),
    ...all.flatMap(({ health }) => health.secretHeaders.map((name) => health.headers[name])),
  ]
    .filter((value) => value !== undefined && value !== '')
    .map((value) => JSON.stringify(value).slice(1, -1))
  return (setting: string, text: string | undefined) =>
    text !== undefined &&
    (CREDENTIALS.some((each) => setting.startsWith(each)) ||
      names.has(setting) ||
      values.some((value) => text.includes(value)))
}
