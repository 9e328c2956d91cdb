import type Docker from 'dockerode'
import type { AppConfig, Config } from '../../config/config.ts'
import { defined } from '../../core/defined.ts'
import { internalName } from '../../core/internal-name.ts'
import type { Installation } from '../../core/installation.ts'
import type { Report } from '../../core/log.ts'
import type { Rollouts } from '../../core/rollout.ts'
import { withKnownFacts } from '../../core/image/known-facts.ts'
import type { Heard } from '../../core/slots/ear.ts'
import type { SlotPorts } from '../../core/slots/ports.ts'
import { createSlotsRollout } from '../../core/slots/rollout.ts'
import { isRecreated } from '../../core/slots/recreate.ts'
import { createFetchAttestations } from '../../edges/attestation/fetch.ts'
import { systemClock } from '../../edges/clock.ts'
import { createComposeProjects } from '../../edges/compose/projects.ts'
import { countConnections } from '../../edges/connections.ts'
import type { Credentials } from '../../edges/credentials/credentials.ts'
import { createEngine } from '../../edges/docker/engine.ts'
import type { Home } from '../../edges/docker/labels.ts'
import { containerUsage } from '../../edges/docker/usage.ts'
import { areThere, projectContainers } from '../../edges/docker/project-containers.ts'
import { createPreviewParts } from '../../edges/docker/preview-parts.ts'
import { nobodysPair } from '../../edges/nginx/nobodys-pair.ts'
import type { NginxSettings } from '../../edges/nginx/program.ts'
import type { ConfiguredReceiver } from '../../edges/nginx/receiver-site.ts'
import type { Bridge, ConfiguredSite } from '../../edges/nginx/app-sites.ts'
import { createSites } from '../../edges/nginx/sites.ts'
import { grpcProbe } from '../../edges/grpc-probe.ts'
import { httpProbe } from '../../edges/probe.ts'
import type { ReadRepository } from '../../edges/registry/reading.ts'
import { listenersOf } from '../../edges/listeners.ts'
import { createRegistry } from '../../edges/registry/registry.ts'
import { createSlots, upFiles } from '../../edges/slots.ts'
import { createUpstreamLinks } from '../../edges/upstream-links.ts'
import type { OpenStore } from '../open-store.ts'
import { madeOf } from '../current-config.ts'
import { previewsAtNginx } from '../previews-at-nginx.ts'
import { openKubernetes } from './open-kubernetes.ts'
import { trustRootFile } from '../machine.ts'
import { openSwarm } from './open-swarm.ts'

/** Makes all that a deployment on this machine needs: containers, images, slot flags and Nginx's files. Nothing is asked yet. */
export function openDocker(
  { data, network, nginx }: Pick<Config, 'data' | 'network'> & { nginx: NginxSettings },
  {
    docker,
    installation,
    credentials,
    read,
    store: { journal, record, attestations, keptLogs },
    bridge,
    apps,
    tls = () => undefined,
    previewsTls = () => undefined,
    receiver,
    report,
    environment,
    variables = environment,
    changed = () => {},
    heard = () => undefined,
    whyPlain = () => undefined,
  }: {
    docker: Docker
    /** For `docker compose`. */
    environment: NodeJS.ProcessEnv
    /** For a kubeconfig: with what the env file has. */
    variables?: NodeJS.ProcessEnv
    /** An app is other than before by what runs it. */
    changed?: (app: string) => void
    /** By default nobody listens to the engine. */
    heard?: Heard
    /** Why visitors of a preview come to it without TLS for now. */
    whyPlain?: (app: string) => string | undefined
    installation: Installation
    credentials: Credentials
    read: ReadRepository
    store: Pick<OpenStore, 'journal' | 'record' | 'attestations' | 'keptLogs'>
    /** The network of the slots, as it really is. */
    bridge: Bridge
    /** As they are configured now. */
    apps: () => ReadonlyMap<string, AppConfig>
    /** What Nginx is told of its TLS. */
    tls?: (app: AppConfig) => ConfiguredSite['tls']
    /** And of that of all previews of an app. */
    previewsTls?: (app: AppConfig) => ConfiguredSite['tls']
    /** The receiver as it is configured now. */
    receiver: () => ConfiguredReceiver
    report: Report
  },
) {
  const clock = systemClock
  const home: Home = {
    network: network.name,
    installation,
    hosts: () =>
      [...apps().values()].flatMap((app) =>
        app.http && !isIsolated(app) ? `${internalName(app.name)}:${bridge.gateway}` : [],
      ),
  }
  const engine = createEngine({ docker, home, credentials, clock })
  const registry = createRegistry(read)
  const slots = createSlots(data)
  const visited = madeOf(apps, (all) => [...all.values()].filter(({ http }) => http))
  const sites = createSites({
    up: upFiles(data),
    installation: installation.id,
    nginx,
    app(name) {
      const known = apps().get(name)
      if (known === undefined) return undefined
      return {
        domains: known.domains,
        paths: known.paths,
        stripPrefix: known.stripPrefix,
        redirectFrom: known.redirectFrom,
        site: known.site,
        health: known.health,
        pauses: known.engine === 'docker' && isRecreated(known, record),
        ...defined({ tls: tls(known) }),
        ...(isIsolated(known) ? { isolated: true } : {}),
        ...defined({
          ofPreviews: previewsAtNginx(known, { tls: previewsTls(known), apps: apps() }),
          previewOf: known.previewOf,
        }),
      }
    },
    apps: () => visited().map(({ name }) => name),
    placed: madeOf(apps, () => visited().filter(({ domains }) => domains.length > 0)),
    receiver,
    nobodysPair: () => nobodysPair(data),
    flags: slots.flags,
    address: record.address,
    previews: { links: createUpstreamLinks(data), flags: upFiles(data).apps },
    bridge,
  })
  const ports: SlotPorts = {
    journal,
    clock,
    report,
    record,
    engine,
    compose: createComposeProjects({
      data,
      env: environment,
      containers: (project) => projectContainers(docker, project),
      areThere: (names) => areThere(docker, names),
      parts: createPreviewParts(docker, installation.id),
    }),
    images: withKnownFacts(engine),
    registry,
    attestations: {
      ...attestations,
      fetch: createFetchAttestations(read),
      async verify(bundles, expected) {
        const { createVerifyAttestation } = await import('../../edges/attestation/verify.ts')
        return createVerifyAttestation(trustRootFile(data))(bundles, expected)
      },
    },
    keptLogs,
    slots,
    sites,
    probe: httpProbe,
    grpcProbe,
    listeners: listenersOf,
    heard,
    connections: (container) => countConnections(container) ?? 0,
    whyPlain,
  }
  const swarm = openSwarm(ports, { docker, home, credentials })
  const kubernetes = openKubernetes(ports, {
    installation: installation.id,
    environment: variables,
    changed,
  })
  const rollouts: Rollouts = {
    docker: createSlotsRollout(ports),
    swarm: swarm.rollout,
    kubernetes: kubernetes.rollout,
  }
  const usage = (signal: AbortSignal) => containerUsage(docker, home, signal)
  return { ports, swarm, kubernetes, engine, registry, slots, sites, rollouts, usage }
}

export type Opened = ReturnType<typeof openDocker>

const isIsolated = (app: AppConfig) => app.engine === 'docker' && app.isolated === true
