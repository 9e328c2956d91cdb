import type { Project } from '../../core/project/project.ts'
import type { ComposeModel, ComposeService } from './model.ts'
import { frontsOf } from './propose.ts'
import { repositoryOf } from './roles.ts'

/** What becomes of a project that runs already, each in a line: what is the receiver's then, what goes, and what stays. */
export function whatChanges(model: ComposeModel, project: Project): string[] {
  const { service, oneOffs, workers, dependencies } = project
  const names = (services: readonly { name: string }[]) => services.map(({ name }) => name)
  const ours = [...names(oneOffs), service, ...names(workers)]
  const fronts = frontsOf(model).filter((name) => !ours.includes(name))
  const awaited = dependencies.map((each) => each.service)
  const others = Object.keys(model.services).filter(
    (name) => !ours.includes(name) && !awaited.includes(name) && !fronts.includes(name),
  )
  const of = (name: string): ComposeService => model.services[name] ?? {}
  return [
    `${service}: the receiver's, in two containers that take turns behind its Nginx`,
    ...names(oneOffs).map((name) => `${name}: the receiver's, runs once before each deployment`),
    ...names(workers).map((name) => `${name}: the receiver's, made anew after each deployment`),
    ...ours.flatMap((name) => {
      const ports = publishedBy(of(name))
      return ports.length === 0
        ? []
        : `${name}: ${ports.join(', ')} of this machine ${ports.length === 1 ? 'leads' : 'lead'} there no more; visitors come by Nginx, services by its name`
    }),
    ...ours.flatMap((name) => {
      const { container_name: own } = of(name)
      return own === undefined
        ? []
        : `${name}: no container is called ${own}; it stays a name on its networks`
    }),
    ...fronts.map((name) => {
      const ports = publishedBy(of(name))
      return `${name}: Compose's, and not needed any more for ${service}${ports.length === 0 ? '' : `; Nginx needs what it has of ${ports.join(', ')}`}`
    }),
    ...awaited.map((name) => `${name}: stays Compose's; started if it does not run`),
    ...others.map(
      (name) =>
        `${name}: stays Compose's${isBuiltElsewhere(of(name)) ? '; if you deploy it too, it is an app of its own' : ''}`,
    ),
  ]
}

/** `127.0.0.1:3000`, `80`. */
const publishedBy = ({ ports = [] }: ComposeService): string[] =>
  (ports as readonly { host_ip?: string; published?: string; protocol?: string }[]).flatMap(
    ({ host_ip: address, published, protocol = 'tcp' }) =>
      published === undefined
        ? []
        : `${address === undefined ? 'port ' : `${address}:`}${published}${protocol === 'tcp' ? '' : `/${protocol}`}`,
  )

/** Of an image that is not one of Docker's own, or of none. */
const isBuiltElsewhere = (service: ComposeService): boolean =>
  !(repositoryOf(service) ?? '').startsWith('docker.io/library/')
