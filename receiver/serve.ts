import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseVerifyingKey } from '../protocol/standard-webhooks.ts'
import type { AppConfig, Config } from './config/config.ts'
import { createDeployer } from './core/deployer.ts'
import { createFeed } from './core/feed.ts'
import { heed } from './core/mishaps.ts'
import type { Ports } from './core/ports.ts'
import { createFetchAttestations } from './edges/attestation/fetch.ts'
import { createVerifyAttestation } from './edges/attestation/verify.ts'
import { systemClock } from './edges/clock.ts'
import { countConnections } from './edges/connections.ts'
import { connectDocker } from './edges/docker/connect.ts'
import { createEngine } from './edges/docker/engine.ts'
import { followEvents } from './edges/docker/events.ts'
import { ensureNetwork } from './edges/docker/network.ts'
import { createSites } from './edges/nginx/sites.ts'
import { createIssuerKeys } from './edges/oidc/issuer-keys.ts'
import { createVerifyToken } from './edges/oidc/verify.ts'
import { httpProbe } from './edges/probe.ts'
import { createSlots } from './edges/slots.ts'
import { createAttestations } from './edges/store/attestations.ts'
import { createAudit } from './edges/store/audit.ts'
import { createOnce } from './edges/store/once.ts'
import { openDatabase, transaction } from './edges/store/schema.ts'
import { createStore } from './edges/store/store.ts'
import { createApp } from './http/app.ts'
import { acceptedHosts } from './http/hosts.ts'
import { createBodyGate } from './http/limits/body-gate.ts'
import { proxies } from './http/limits/client-address.ts'
import { createTokenBuckets } from './http/limits/token-buckets.ts'
import { createRefusals } from './http/refusals.ts'
import type { HttpApp, Log, Services } from './http/services.ts'
import { newDeploymentId } from './id.ts'
import { close, listen } from './listen.ts'
import type { Redact } from './redact.ts'
import { VERSION } from './version.ts'

const PRUNE_EVERY_MS = 10 * 60 * 1000
/** Bodies of strangers that are read at once: 8 MiB at most. */
const BODIES = { atOnce: 128, perAddress: 32, maxWaiting: 1024, waitMs: 5000 }

export interface Receiver {
  /** Stops taking requests and reconciling; what runs goes on serving. */
  close(): Promise<void>
}

/**
 * Wires everything and starts it. Throws an error with its remedy when the data directory, Docker, Nginx or an address
 * cannot be had.
 */
export async function serve(
  config: Config,
  environment: NodeJS.ProcessEnv,
  { log, redact }: { log: Log; redact: Redact },
): Promise<Receiver> {
  process.umask(0o077)
  // Nginx's workers look up the slot flags in here
  mkdirSync(config.data, { recursive: true, mode: 0o711 })
  const clock = systemClock
  const nowSeconds = () => Math.floor(Date.now() / 1000)
  const stopping = new AbortController()

  const database = openDatabase(join(config.data, 'deploy-receiver.db'))
  const feed = createFeed()
  const store = createStore(database, {
    subnet: config.network.subnet,
    now: clock.now,
    changed: feed.changed,
  })
  const once = createOnce(database)
  const audit = createAudit(database)
  const attestations = createAttestations(database)
  const refusals = createRefusals(
    {
      audit: { ...audit, add: (entry) => audit.add(redact(entry)) },
      transaction: (work) => transaction(database, work),
      log,
    },
    Date.now,
  )

  const docker = await connectDocker(environment)
  await ensureNetwork(docker, config.network)
  const engine = createEngine({
    docker,
    network: config.network.name,
    registries: config.registries,
    clock,
  })
  const slots = createSlots(config.data)
  const sites = createSites({
    nginx: config.nginx,
    apps: config.apps,
    flags: slots.flags,
    address: store.address,
  })
  for (const app of Object.values(config.apps)) {
    if (app.http) await sites.ensure(app.name, store.ports(app.name, app.port ?? 80))
    else await sites.remove(app.name)
  }

  const ports: Ports = {
    journal: {
      ...store,
      append: (id, event, options) => store.append(id, redact(event), options),
    },
    engine,
    registry: engine,
    attestations: {
      ...attestations,
      fetch: createFetchAttestations(config.registries),
      verify: createVerifyAttestation(join(config.data, 'trusted_root.json')),
    },
    slots,
    sites,
    probe: httpProbe,
    connections: (container) => countConnections(container) ?? 0,
    clock,
    report: (message, details) => log('warn', message, details),
  }
  const deployers = new Map(
    Object.values(config.apps).map((app) => [app.name, createDeployer(app, ports)]),
  )

  const services: Services = {
    version: VERSION,
    url: config.url,
    hosts: acceptedHosts(config.url, config.listen),
    apps: new Map(Object.values(config.apps).map((app) => [app.name, httpApp(app)])),
    archive: store,
    intake: {
      transaction: (work) => transaction(database, work),
      ...once,
      history: store.history,
      live: (app) => store.live(app)?.deployment,
      newest: (app) => store.newest(app)?.deployment,
      get: (id) => store.get(id)?.deployment,
      accept(deployment, bundles) {
        store.accept(deployment)
        attestations.keep(deployment.id, bundles)
      },
      audit: { add: (entry) => audit.add(redact(entry)) },
      newId: newDeploymentId,
      now: clock.now,
      nowSeconds,
      ageMs: (at) => Date.now() - Date.parse(at),
    },
    audit,
    refusals,
    isProxy: proxies(config.trustedProxies),
    buckets: createTokenBuckets(config.rateLimit, () => performance.now()),
    bodies: createBodyGate(BODIES),
    resolve: engine.resolve,
    feed,
    verifyToken: createVerifyToken(createIssuerKeys(database, Date.now), () => new Date()),
    wake: (app) => deployers.get(app)?.wake(),
    readTokens: config.readTokens,
    followKey: store.secret('follow'),
    log,
    stopping: stopping.signal,
  }
  const servers = [
    await listen(createApp(services, { trusted: false }), config.listen),
    await listen(createApp(services, { trusted: true }), { path: config.socket }),
  ]
  const events = followEvents(
    { docker, network: config.network.name, clock },
    {
      // also at the start: whatever happened while nobody listened is seen by looking
      connected: () => deployers.forEach((deployer) => deployer.wake()),
      mishap(mishap) {
        if (heed(mishap, ports)) deployers.get(mishap.app)?.wake()
      },
    },
    stopping.signal,
  )
  const pruning = setInterval(() => {
    once.prune(nowSeconds())
    audit.prune(new Date())
  }, PRUNE_EVERY_MS)
  const counting = setInterval(refusals.flush, 1000)
  log('info', 'ready', { listen: hostOf(config.listen), url: config.url, apps: deployers.size })

  return {
    async close() {
      clearInterval(pruning)
      clearInterval(counting)
      stopping.abort(new Error('the receiver stops'))
      await Promise.all(servers.map(close))
      await Promise.all([events, ...[...deployers.values()].map((deployer) => deployer.stop())])
      refusals.flush()
      database.close()
    },
  }
}

const hostOf = ({ host, port }: Config['listen']) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

function httpApp(app: AppConfig): HttpApp {
  const { oidc, keys, secrets, basic, github } = app.auth
  return {
    spec: app,
    domains: app.domains,
    credentials: {
      oidc,
      webhookKeys: [...keys, ...secrets].map(parseVerifyingKey),
      basic,
      github,
    },
  }
}
