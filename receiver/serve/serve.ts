import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Changes, changesOf } from '../config/changes.ts'
import type { Config } from '../config/config.ts'
import { isToRepair } from '../core/slots/container-events.ts'
import type { Ports } from '../core/ports.ts'
import { createFetchAttestations } from '../edges/attestation/fetch.ts'
import { createVerifyAttestation } from '../edges/attestation/verify.ts'
import { systemClock } from '../edges/clock.ts'
import { countConnections } from '../edges/connections.ts'
import { connectDocker } from '../edges/docker/connect.ts'
import { createEngine } from '../edges/docker/engine.ts'
import { followEvents } from '../edges/docker/events.ts'
import { ensureNetwork } from '../edges/docker/network.ts'
import { createSites } from '../edges/nginx/sites.ts'
import { createIssuerKeys } from '../edges/oidc/issuer-keys.ts'
import { createVerifyToken } from '../edges/oidc/verify.ts'
import { httpProbe } from '../edges/probe.ts'
import { createSlots } from '../edges/slots.ts'
import { createPolls } from '../edges/store/polls.ts'
import { createRegistry } from '../edges/registry/registry.ts'
import { listTags } from '../edges/registry/tags.ts'
import { runDoctor } from './doctor.ts'
import { createFleet } from '../fleet.ts'
import { createApp } from '../http/app.ts'
import { createBodyGate } from '../http/limits/body-gate.ts'
import type { Log, Services } from '../http/services.ts'
import { takeConfig } from './current-config.ts'
import { openStore } from './open-store.ts'
import { openRegistries } from './open-registries.ts'
import { createPollers, submitPolled } from '../pollers.ts'
import { close, listen } from '../http/listen.ts'
import type { Redactor } from '../redact.ts'
import { removeApp } from '../remove-app.ts'
import { VERSION } from '../version.ts'

const PRUNE_EVERY_MS = 10 * 60 * 1000
const TIDY_EVERY_MS = 60 * 60 * 1000
/** Bodies of strangers that are read at once: 8 MiB at most. */
const BODIES = { atOnce: 128, perAddress: 32, maxWaiting: 1024, waitMs: 5000 }

export interface Receiver {
  /** Takes another config. Throws, and keeps the one before, when it cannot be had while running. */
  reload(config: Config): Promise<Changes>
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
  {
    log,
    redactor,
    reload,
  }: {
    log: Log
    redactor: Redactor
    /** Reads the config again and hands it to `Receiver.reload`. */
    reload: () => Promise<Changes>
  },
): Promise<Receiver> {
  const { redact, learn } = redactor
  let current = takeConfig(config)
  process.umask(0o077)
  // Nginx's workers look up the slot flags in here
  mkdirSync(config.data, { recursive: true, mode: 0o711 })
  const clock = systemClock
  const nowSeconds = () => Math.floor(Date.now() / 1000)
  const stopping = new AbortController()

  const memory = openStore(config, { clock, log, redact, learn })
  const { database, feed, store, journal, intake, once, audit, attestations, refusals } = memory

  const docker = await connectDocker(environment)
  await ensureNetwork(docker, config.network)
  const { credentials, read } = openRegistries({
    config: () => current.config,
    docker: async () => docker,
    env: environment,
    redactor,
  })
  const engine = createEngine({
    docker,
    network: config.network.name,
    credentials,
    clock,
  })
  const registry = createRegistry(read)
  const slots = createSlots(config.data)
  const sites = createSites({
    nginx: config.nginx,
    app: (name) => current.config.apps[name],
    flags: slots.flags,
    address: store.address,
  })

  const ports: Ports = {
    journal,
    engine,
    registry,
    attestations: {
      ...attestations,
      fetch: createFetchAttestations(read),
      verify: createVerifyAttestation(join(config.data, 'trusted_root.json')),
    },
    slots,
    sites,
    probe: httpProbe,
    connections: (container) => countConnections(container) ?? 0,
    clock,
    report: (message, details) => log('warn', message, details),
  }
  const fleet = createFleet({ ports, sites, store })
  await fleet.take(config.apps)
  for (const app of store.liveApps()) {
    if (!Object.hasOwn(config.apps, app)) log('warn', LEFT_RUNNING, { app })
  }

  const services: Services = {
    version: VERSION,
    get url() {
      return current.config.url
    },
    get hosts() {
      return current.hosts
    },
    get apps() {
      return current.apps
    },
    archive: store,
    intake,
    audit,
    refusals,
    isProxy: (address) => current.isProxy(address),
    get buckets() {
      return current.buckets
    },
    bodies: createBodyGate(BODIES),
    resolve: registry.resolve,
    feed,
    verifyToken: createVerifyToken(createIssuerKeys(database, Date.now), () => new Date()),
    reload,
    async removeApp(app) {
      const removed = await removeApp(app, { engine, sites, slots, store })
      if (removed.length > 0) log('info', 'app removed', { app, removed })
      return removed
    },
    doctor: () => runDoctor({ config: current.config, docker, engine, store, read }),
    tags: ({ image }, wanted) => listTags(image.repository, wanted, read, stopping.signal),
    wake: fleet.wake,
    get readTokens() {
      return current.config.readTokens
    },
    followKey: store.secret('follow'),
    log,
    stopping: stopping.signal,
  }
  const pollers = createPollers({
    ...createPolls(database),
    resolve: ({ image }, signal) => registry.resolve(image, signal),
    isLive: (app) => store.live(app) !== undefined,
    deploy(app, digest) {
      submitPolled(app, digest, intake)
      log('info', 'the followed tag moved', { app: app.name, digest })
      fleet.wake(app.name)
    },
    clock,
    random: Math.random,
    report: ports.report,
  })
  pollers.take(config.apps)
  const servers = [
    await listen(createApp(services, { trusted: false }), config.listen),
    await listen(createApp(services, { trusted: true }), { path: config.socket }),
  ]
  const events = followEvents(
    { docker, network: config.network.name, clock },
    {
      // also at the start: whatever happened while nobody listened is seen by looking
      connected: () => fleet.wake(),
      happened(event) {
        if (isToRepair(event, ports)) fleet.wake(event.app)
      },
    },
    stopping.signal,
  )
  // a full disk must not end the receiver: it goes on when there is room
  const every = (ms: number, work: () => void) =>
    setInterval(() => {
      try {
        work()
      } catch (error) {
        log('error', 'housekeeping failed', { error })
      }
    }, ms)
  const housekeeping = [
    every(PRUNE_EVERY_MS, () => {
      once.prune(nowSeconds())
      audit.prune(new Date())
    }),
    every(TIDY_EVERY_MS, fleet.tidy),
    every(1000, refusals.flush),
  ]
  log('info', 'ready', {
    listen: hostOf(config.listen),
    url: config.url,
    apps: current.apps.size,
  })

  return {
    async reload(next) {
      const changes = changesOf(current.config, next)
      const before = current
      current = takeConfig(next, before)
      try {
        await fleet.take(next.apps)
        pollers.take(next.apps)
      } catch (error) {
        current = before
        await fleet.take(before.config.apps).catch(() => {})
        throw error
      }
      for (const app of changes.removed) log('warn', LEFT_RUNNING, { app })
      log('info', 'config taken', changes)
      return changes
    },
    async close() {
      for (const each of housekeeping) clearInterval(each)
      stopping.abort(new Error('the receiver stops'))
      await Promise.all(servers.map(close))
      await Promise.all([events, pollers.stop(), fleet.stop()])
      try {
        refusals.flush()
      } finally {
        database.close()
      }
    },
  }
}

const LEFT_RUNNING =
  'the app is not in the config: it is left running until `deploy-receiver remove <app>`'

const hostOf = ({ host, port }: Config['listen']) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
