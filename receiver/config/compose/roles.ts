import { isDeepStrictEqual } from 'node:util'
import { parseImage } from '../../../protocol/image-reference.ts'
import { type Condition, CONDITIONS, type Dependency } from '../../core/project/project.ts'
import { didYouMean } from '../nearest.ts'
import type { ComposeModel, ComposeService } from './model.ts'

/** What the services of a project are to an app. */
export interface Roles {
  oneOffs: readonly string[]
  workers: readonly string[]
  dependencies: readonly Dependency[]
}

/** Why an app cannot be a service of its project. */
export interface Unfit {
  message: string
  hint: string
}

type Services = ComposeModel['services']

/**
 * Sorts a project's services: those of the app's repository follow it, what they wait for is a dependency, and the others are none
 * of its business.
 * @param taken services that are apps of their own, or follow another one
 */
export function rolesOf(
  { services }: ComposeModel,
  {
    service,
    repository,
    taken,
  }: { service: string; repository: string; taken: ReadonlySet<string> },
): Roles | Unfit {
  const app = services[service] ?? {}
  const isOurs = (name: string) =>
    name === service || (!taken.has(name) && follows(services[name] ?? {}, app, repository))
  const ours = inOrder(Object.keys(services), services).filter(isOurs)
  const sidecar = sidecarOf(ours, services)
  if (sidecar !== undefined) return sidecar
  const awaited = new Set(
    Object.values(services).flatMap(({ depends_on: on = {} }) =>
      Object.entries(on).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? name : [],
      ),
    ),
  )
  const followers = ours.filter((name) => name !== service)
  const dependencies = closure(ours, services)
  const backwards = dependencies.find((name) => closure([name], services).some(isOurs))
  if (backwards !== undefined) {
    const one = closure([backwards], services).find(isOurs) ?? ''
    return {
      message: `the services of ${repository} wait for ${backwards}, and that waits for ${one}, which is of ${repository} too`,
      hint: `take ${one} out of depends_on of ${backwards}, or ${backwards} out of theirs`,
    }
  }
  return {
    oneOffs: followers.filter((name) => awaited.has(name)),
    workers: followers.filter((name) => !awaited.has(name)),
    dependencies: dependencies.map((name) => ({
      service: name,
      condition: strongest(name, [...ours, ...dependencies], services),
    })),
  }
}

export const isUnfit = (found: object): found is Unfit => 'message' in found && 'hint' in found

/** The repository of a service's image, without a tag; `undefined` when it names none that can be had. */
export function repositoryOf({ image }: ComposeService): string | undefined {
  try {
    return image === undefined ? undefined : parseImage(image).repository
  } catch {
    return undefined
  }
}

/** Of the same repository, or built from the same. */
const follows = (other: ComposeService, app: ComposeService, repository: string): boolean =>
  other.image === undefined
    ? app.image === undefined &&
      other.build !== undefined &&
      isDeepStrictEqual(other.build, app.build)
    : repositoryOf(other) === repository

/** Why a project has no such service. */
export function noSuch(service: string, { services }: ComposeModel): Unfit {
  const names = Object.keys(services)
  return {
    message: `there is no service ${JSON.stringify(service)} in the project`,
    hint: didYouMean(
      service,
      names,
      `it has: ${names.join(', ') || 'none'}; one of a profile needs compose.profiles`,
    ),
  }
}

/** Two slots of a service cannot both be what another one stands in. */
function sidecarOf(ours: readonly string[], services: Services): Unfit | undefined {
  for (const [name, { network_mode: network, pid, ipc, volumes_from: from }] of Object.entries(
    services,
  )) {
    const shared = [
      ...Object.entries({ network_mode: network, pid, ipc }).flatMap(([key, mode]) =>
        ours.includes(/^service:(.*)$/.exec(mode ?? '')?.[1] ?? '') ? `${key}: ${mode}` : [],
      ),
      ...(from ?? []).flatMap((each) =>
        ours.includes(each.split(':')[0] ?? '') ? `volumes_from: ${each}` : [],
      ),
    ]
    if (shared[0] === undefined) continue
    return {
      message: `the service ${name} stands in the container of another one (${shared[0]}), of which there are two while a deployment swaps them`,
      hint: `give ${name} a network, or volumes, of its own: it reaches the other by its service name`,
    }
  }
  return undefined
}

/** All that these wait for, each after what it waits for itself. */
function closure(names: readonly string[], services: Services): string[] {
  const seen = new Set(names)
  const walk = (name: string): string[] =>
    dependenciesOf(services[name]).flatMap((each) => {
      if (seen.has(each) || services[each] === undefined) return []
      seen.add(each)
      return [...walk(each), each]
    })
  return names.flatMap(walk)
}

/** Each after what it waits for. */
function inOrder(names: readonly string[], services: Services): string[] {
  const seen = new Set<string>()
  const walk = (name: string): string[] => {
    if (seen.has(name) || services[name] === undefined) return []
    seen.add(name)
    return [...dependenciesOf(services[name]).flatMap(walk), name]
  }
  return names.flatMap(walk)
}

const dependenciesOf = (service: ComposeService | undefined) =>
  Object.keys(service?.depends_on ?? {})

/** What those want of it that wait for it. */
function strongest(name: string, waiting: readonly string[], services: Services): Condition {
  const wanted = waiting.flatMap(
    (each) => services[each]?.depends_on?.[name]?.condition ?? [],
  ) as Condition[]
  return CONDITIONS.findLast((condition) => wanted.includes(condition)) ?? 'service_started'
}
