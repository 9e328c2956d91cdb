import type { Resources } from '../../core/project/project.ts'

/** A project as `docker compose config --format json` prints it; of its services what is looked at here. */
export interface ComposeModel {
  name: string
  services: Readonly<Record<string, ComposeService>>
  networks: Readonly<Record<string, Named>>
  volumes: Readonly<Record<string, Named>>
  configs: Readonly<Record<string, unknown>>
  secrets: Readonly<Record<string, unknown>>
}

export interface ComposeService {
  image?: string
  build?: unknown
  container_name?: string
  depends_on?: Readonly<Record<string, { condition?: string; required?: boolean }>>
  network_mode?: string
  pid?: string
  ipc?: string
  networks?: Readonly<Record<string, object | null>>
  volumes?: readonly { type?: string; source?: string }[]
  volumes_from?: readonly string[]
  ports?: readonly { target?: number; protocol?: string }[]
  expose?: readonly (string | number)[]
  deploy?: object
  [key: string]: unknown
}

interface Named {
  name?: string
}

/** Takes Compose's JSON for what it is; of anything else nothing is there. */
export function asModel(json: unknown): ComposeModel {
  const { name, services, networks, volumes, configs, secrets } = record(json)
  return {
    name: typeof name === 'string' ? name : '',
    services: Object.fromEntries(
      Object.entries(record(services)).map(([key, value]) => [key, record(value)]),
    ),
    networks: records(networks),
    volumes: records(volumes),
    configs: record(configs),
    secrets: record(secrets),
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

const records = (value: unknown): Record<string, Named> =>
  Object.fromEntries(Object.entries(record(value)).map(([key, each]) => [key, record(each)]))

/** The name that a network or volume of a file bears in Docker. */
export const dockerName = (
  { name, ...model }: ComposeModel,
  kind: 'networks' | 'volumes',
  key: string,
): string => model[kind][key]?.name ?? `${name}_${key}`

/** The networks and volumes that services have, as they are declared. */
export function resourcesOf(model: ComposeModel, services: readonly string[]): Resources {
  const used = services.flatMap((name): ComposeService[] => {
    const service = model.services[name]
    return service === undefined ? [] : [service]
  })
  const networks = new Set(used.flatMap((each) => Object.keys(each.networks ?? {})))
  const volumes = new Set(
    used.flatMap((each) =>
      (each.volumes ?? []).flatMap(({ type, source }) =>
        type === 'volume' && source !== undefined ? source : [],
      ),
    ),
  )
  const declared = (kind: 'networks' | 'volumes', keys: ReadonlySet<string>) =>
    Object.fromEntries([...keys].map((key) => [key, model[kind][key] ?? {}]))
  return { networks: declared('networks', networks), volumes: declared('volumes', volumes) }
}
