import { DOMAIN } from '../../core/dns-name.ts'
import type { ComposeModel, ComposeService } from './model.ts'
import { portOf } from './project.ts'
import { noSuch, repositoryOf, type Unfit } from './roles.ts'

/** What a config says of a project that runs already. */
export interface Proposal {
  service: string
  /** Absent: the config has to name one, for the service is built in place. */
  repository?: string
  /** In the container; absent: the image's only EXPOSEd one. */
  port?: number
  /** That a proxy in front answers for it. */
  domain?: string
}

/**
 * Finds out which service of a project visitors come to, and what a config has to say of it. Databases, proxies and tools are none.
 * @param named the service, if somebody said it
 */
export function proposeApp(model: ComposeModel, named?: string): Proposal | Unfit {
  if (named !== undefined && model.services[named] === undefined) return noSuch(named, model)
  const service = named ?? mostLikely(model)
  if (typeof service !== 'string') return service
  const { [service]: found = {} } = model.services
  const unfit = unfitFor(service, found)
  if (unfit !== undefined) return unfit
  const repository = repositoryOf(found)
  const port = portOf(model, service) ?? routedPort(found) ?? firstPublished(found)
  const domain = routedDomain(found)
  return {
    service,
    ...(repository === undefined ? {} : { repository }),
    ...(port === undefined ? {} : { port }),
    ...(domain === undefined ? {} : { domain }),
  }
}

function unfitFor(name: string, { image = '', build }: ComposeService): Unfit | undefined {
  if (build !== undefined && image !== '' && !image.includes('/')) {
    return {
      message: `the service ${name} is built here as ${image}, which no registry has`,
      hint: 'let image: say where it is pushed, like ghcr.io/acme/shop',
    }
  }
  if (/[-_:]fpm(?:$|[-_:])/.test(image)) {
    return {
      message: `the service ${name} speaks FastCGI (${image}), and Nginx speaks HTTP with apps`,
      hint: 'put a web server into its image, as images with Apache, Caddy or FrankenPHP have it',
    }
  }
  return undefined
}

/** The services that stand between visitors and the others, as Nginx will. */
export const frontsOf = ({ services }: ComposeModel): string[] =>
  Object.entries(services).flatMap(([name, service]) => (isFront(name, service) ? name : []))

function mostLikely(model: ComposeModel): string | Unfit {
  const { services } = model
  const awaited = new Set(
    Object.values(services).flatMap(({ depends_on: on = {} }) =>
      Object.entries(on).flatMap(([name, { condition }]) => (condition === ONE_OFF ? name : [])),
    ),
  )
  const candidates = Object.entries(services)
    .filter(([name, service]) => !isFront(name, service) && !isStore(service) && !awaited.has(name))
    .map(([name, service]) => ({ name, points: pointsOf(name, service, model) }))
  const most = Math.max(...candidates.map(({ points }) => points))
  const best = candidates.filter(({ points }) => points === most).map(({ name }) => name)
  const [one, other] = best
  if (one !== undefined && other === undefined) return one
  return one === undefined
    ? {
        message: `the project ${model.name} has no service that looks like one for visitors`,
        hint: `name it: --service ${Object.keys(services)[0] ?? 'web'}`,
      }
    : {
        message: `visitors may come to ${best.join(' or ')} of the project ${model.name}`,
        hint: `say which: --service ${one}; the others can be apps of their own`,
      }
}

const ONE_OFF = 'service_completed_successfully'

/** How much speaks for a service. What it publishes or is routed to says most; its name decides between equals. */
function pointsOf(name: string, service: ComposeService, model: ComposeModel): number {
  const { services } = model
  const publishes = (service.ports ?? []).some(({ protocol = 'tcp' }) => protocol === 'tcp')
  const isBehind = frontsOf(model).some((front) =>
    Object.keys(services[front]?.depends_on ?? {}).includes(name),
  )
  const isRouted = routedPort(service) !== undefined || routedDomain(service) !== undefined
  const isNamedSo = /(?:^|[-_.])(?:web|www|app|site|server|frontend|front|ui)$/i.test(name)
  return (publishes || isRouted ? 4 : 0) + (isBehind ? 2 : 0) + (isNamedSo ? 1 : 0)
}

/** The last part of its image's path: `postgres` of `docker.io/library/postgres:16`. */
const imageName = (service: ComposeService) => (repositoryOf(service) ?? '').split('/').at(-1) ?? ''

/** A proxy by its image, or by its name when it is built in place. */
const isFront = (name: string, service: ComposeService): boolean =>
  FRONTS.has(imageName(service)) ||
  (service.build !== undefined && /(?:^|[-_.])(?:proxy|nginx|gateway|ingress)$/i.test(name))

const FRONTS = new Set([
  'nginx',
  'nginx-unprivileged',
  'nginx-proxy',
  'acme-companion',
  'openresty',
  'httpd',
  'traefik',
  'caddy',
  'caddy-docker-proxy',
  'haproxy',
  'envoy',
  'kong',
  'varnish',
  'cloudflared',
  'swag',
  'nginx-proxy-manager',
  'certbot',
])

/** What others of the project come to, or an operator. */
const isStore = (service: ComposeService): boolean => STORES.has(imageName(service))

const STORES = new Set([
  'postgres',
  'postgresql',
  'pgvector',
  'postgis',
  'timescaledb',
  'pgbouncer',
  'mysql',
  'mariadb',
  'mongo',
  'mongodb',
  'redis',
  'redis-stack',
  'valkey',
  'keydb',
  'dragonfly',
  'memcached',
  'rabbitmq',
  'kafka',
  'cp-kafka',
  'zookeeper',
  'cp-zookeeper',
  'nats',
  'elasticsearch',
  'opensearch',
  'clickhouse-server',
  'minio',
  'mc',
  'meilisearch',
  'typesense',
  'solr',
  'influxdb',
  'etcd',
  'consul',
  'vault',
  'weaviate',
  'qdrant',
  'adminer',
  'phpmyadmin',
  'pgadmin4',
  'mailhog',
  'mailpit',
  'mailcatcher',
  'watchtower',
  'prometheus',
  'loki',
  'busybox',
  'alpine',
  'ubuntu',
  'debian',
])

/** The port that Traefik is told of. */
function routedPort({ labels }: ComposeService): number | undefined {
  const label = Object.entries((labels ?? {}) as Record<string, string>).find(
    ([name]) =>
      name.startsWith('traefik.http.services.') && name.endsWith('.loadbalancer.server.port'),
  )
  const port = Number(label?.[1])
  return Number.isInteger(port) && port > 0 ? port : undefined
}

/** The first name that Traefik or nginx-proxy is told of. */
function routedDomain({ labels, environment }: ComposeService): string | undefined {
  const rules = Object.entries((labels ?? {}) as Record<string, string>).flatMap(([name, rule]) =>
    name.startsWith('traefik.http.routers.') && name.endsWith('.rule') ? rule : [],
  )
  const hosts = rules.flatMap((rule) => /Host\(`([^`]*)`/.exec(rule)?.[1] ?? [])
  const { VIRTUAL_HOST: virtual = '' } = (environment ?? {}) as { VIRTUAL_HOST?: string }
  return [...hosts, ...virtual.split(',')].find((name) => DOMAIN.test(name) && name.includes('.'))
}

/** Of several published ones the first that is not of HTTPS: Nginx speaks that. */
const firstPublished = ({ ports = [] }: ComposeService): number | undefined =>
  ports.find(
    ({ target, protocol = 'tcp' }) =>
      protocol === 'tcp' && target !== undefined && !HTTPS.has(target),
  )?.target

const HTTPS = new Set([443, 8443, 9443])
