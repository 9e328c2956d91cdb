import type { ComposeModel, ComposeService } from '../compose/model.ts'
import { isSecret } from '../secret-values.ts'
import { INHERITED_OF_CONTAINER } from './inherited-keys.ts'
import { OWN_NAME } from './named.ts'
import { isNothing, masked, type Refusal, refusalsOf, REFUSED_KEYS } from './refusals.ts'

/** What of a service is a preview's too. */
const KEPT: readonly string[] = [
  ...INHERITED_OF_CONTAINER,
  'image',
  'depends_on',
  'ports',
  'expose',
  'deploy',
]
/** What is made anew for a preview, each below. */
const MADE = ['environment', 'volumes', 'networks', 'scale', 'container_name']
/** What nobody misses: Compose prints it of each service, or it is for people, or for building. */
const UNTOLD = ['build', 'labels', 'logging', 'pull_policy', 'develop', 'profiles', 'attach']

export interface PreviewModel {
  model: ComposeModel
  /** What previews go without, silently otherwise: `web: environment.API_KEY, cap_add`. */
  leftOut: string[]
  refused: Refusal[]
}

/**
 * A project as its previews have it, under a name that stands for that of each: of these services what {@link KEPT} names, with volumes
 * of its own that are empty at first, on one network of its own.
 * @param given the values that previews may know, which Compose has filled in
 */
export function previewModel(
  model: ComposeModel,
  { services, given }: { services: readonly string[]; given: readonly string[] },
): PreviewModel {
  const found = services.map((name) => ({
    name,
    ...previewService(name, model, given),
  }))
  const used = found.flatMap(({ service }) =>
    (service.volumes ?? []).flatMap(({ source }) => source ?? []),
  )
  return {
    model: {
      name: OWN_NAME,
      services: Object.fromEntries(found.map(({ name, service }) => [name, service])),
      networks: { default: {} },
      volumes: Object.fromEntries(used.map((key) => [key, {}])),
      configs: {},
      secrets: {},
    },
    leftOut: found.flatMap(({ name, leftOut }) =>
      leftOut.length === 0 ? [] : `${name}: ${leftOut.join(', ')}`,
    ),
    refused: found.flatMap(({ name, refused }) =>
      refused.map((each) => ({ service: name, ...each })),
    ),
  }
}

function previewService(
  name: string,
  model: ComposeModel,
  given: readonly string[],
): { service: ComposeService; leftOut: string[]; refused: Omit<Refusal, 'service'>[] } {
  const theirs = model.services[name] ?? {}
  const said = Object.entries(theirs).filter(([, value]) => !isNothing(value))
  const kept = said.filter(([key]) => KEPT.includes(key))
  const environment = plainOf(theirs['environment'], given)
  const isKnown = (key: string) =>
    [...KEPT, ...MADE, ...UNTOLD, ...REFUSED_KEYS].includes(key) || key.startsWith('x-')
  return {
    service: {
      ...Object.fromEntries(kept),
      ...(theirs.deploy === undefined ? {} : { deploy: deployOf(theirs.deploy) }),
      // one of each, but of what is to have none
      ...(isNone(theirs) ? { scale: 0 } : {}),
      environment: environment.plain,
      networks: { default: { aliases: aliasesOf(theirs) } },
      volumes: (theirs.volumes ?? []).filter(({ type }) => type === 'volume' || type === 'tmpfs'),
    },
    leftOut: [
      ...environment.leftOut.map((each) => `environment.${each}`),
      ...said.flatMap(([key]) => (isKnown(key) ? [] : key)),
    ].toSorted(),
    refused: refusalsOf(theirs, given),
  }
}

/** Of `deploy` what limits, and how it is restarted. */
function deployOf(deploy: object): object {
  const { resources, restart_policy }: Deploy = deploy
  const { limits, reservations } = resources ?? {}
  const memory = reservations?.memory
  return { restart_policy, resources: { limits, reservations: { memory } } }
}

interface Deploy {
  restart_policy?: unknown
  resources?: { limits?: unknown; reservations?: { memory?: unknown } }
}

/** Of a service's environment what is no secret, and what previews were given. */
function plainOf(
  environment: unknown,
  given: readonly string[],
): { plain: Record<string, string>; leftOut: string[] } {
  const all = Object.entries((environment ?? {}) as Record<string, string | null>)
  const isPlain = ([name, value]: (typeof all)[number]) =>
    value !== null && !isSecret({ name, value: masked(value, given), fromOutside: false })
  return {
    plain: Object.fromEntries(all.filter(isPlain)) as Record<string, string>,
    leftOut: all.filter((each) => !isPlain(each)).map(([name]) => name),
  }
}

function aliasesIn(settings: object | null): readonly string[] {
  const { aliases = [] }: { aliases?: readonly string[] } = settings ?? {}
  return aliases
}

/** The names that it has on any of its networks, and as a container. */
function aliasesOf({ networks = {}, container_name: container }: ComposeService): string[] {
  const all = Object.values(networks).flatMap((settings) => aliasesIn(settings))
  return [...new Set([...all, ...(container === undefined ? [] : [container])])]
}

function isNone({ scale, deploy = {} }: ComposeService): boolean {
  const { replicas }: { replicas?: number } = deploy
  return scale === 0 || replicas === 0
}
