import type { Reloaded, ReloadOptions } from '../config/changes.ts'
import { usesDocker, usesNginx } from '../config/uses-docker.ts'
import type { AppConfig, Config } from '../config/config.ts'
import type { AppSpec } from '../core/app.ts'
import { readVariables } from '../config/variables.ts'
import { createApps } from '../core/apps.ts'
import { movedFrom } from '../core/delegated/moved.ts'
import { refuseDocker, refuseEngineChange } from '../core/engine-change.ts'
import type { Log, Report } from '../core/log.ts'
import { countDeployments, countHooks } from '../core/meters.ts'
import type { Redactor } from '../core/redaction/redactor.ts'
import { lookAtFleet } from '../core/fleet/fleet.ts'
import { createAskMember } from '../edges/fleet/ask-member.ts'
import { ownApps } from './own-apps.ts'
import type { PreviewNews } from '../core/notify/news.ts'
import { refuseOthers } from '../core/slots/ownership.ts'
import { removeApp } from '../core/slots/remove-app.ts'
import { createEar } from '../core/slots/ear.ts'
import { createTraffic, markSwaps } from '../core/traffic/traffic.ts'
import { showApps, upstreamsOf } from '../core/slots/show-apps.ts'
import { systemClock } from '../edges/clock.ts'
import { isolatedBridge } from '../edges/docker/labels.ts'
import { ensureNetwork, removeNetwork } from '../edges/docker/network.ts'
import { blockOf } from '../edges/subnet.ts'
import { newInstallationId } from '../edges/store/installation.ts'
import { createProof } from '../http/healthz.ts'
import { takeStoreOver } from '../edges/store/upgrade.ts'
import { type Addresses, takeAddresses } from './addresses.ts'
import { appServices } from './engines/app-services.ts'
import { watchClosedPreviews } from './closed-previews.ts'
import { takeConfig, withAllApps } from './current-config.ts'
import { runDoctorWithin } from './doctor/doctor-within.ts'
import { startHousekeeping } from './housekeeping.ts'
import { type KeptCertificates, startCertificates } from './keep-certificates.ts'
import { hearRequests } from './hear-requests.ts'
import { httpServices } from './http-services.ts'
import { hasStore, NO_CONTAINERS, openMachine, storeFile, storePlace } from './machine.ts'
import { readAgain, type ReadConfig } from './read-config.ts'
import { createMeasure } from './measure.ts'
import { startNotify } from './notify.ts'
import { openDocker } from './engines/open-docker.ts'
import { openRegistries } from './open-registries.ts'
import { openStore } from './open-store.ts'
import { createPageHealth } from './page-health.ts'
import { LEFT_RUNNING, type ReloadPorts, reloadConfig } from './reload.ts'
import { storeCopies } from './send-store.ts'
import { oneAfterTheOther, previewsOf, startPreviews } from './previews.ts'
import { showReceiver } from './show-receiver.ts'
import { atNginx, previewsTls, siteTls } from './site-tls.ts'
import { startPolling } from './start-polling.ts'
import { VERSION } from '../version.ts'
import { lookAtUpgrade, sayWhatBegins } from './upgrade.ts'
import { visitorSwitches } from './visitor-switches.ts'
import { watchEngines } from './engines/watch-engines.ts'
import { watchWarnings } from './watch-warnings.ts'
import { createWatchdog, watchRequests, watchSteps } from './watchdog.ts'
import { closedToNginx } from './doctor/way-to-data.ts'

export interface Receiver {
  /** Takes another config. Throws, and keeps the one before, when it cannot be had while running. */
  reload(next: ReadConfig, options: ReloadOptions): Promise<Reloaded>
  /** Stops taking requests and reconciling; what runs goes on serving. */
  close(): Promise<void>
}

interface Surroundings {
  log: Log
  redactor: Redactor
  /** Reads the config again and hands it to `Receiver.reload`. */
  reload: (options: ReloadOptions) => Promise<Reloaded>
}

/**
 * Wires everything and starts it. Throws an error with its remedy when the data directory, Docker, Nginx or an address
 * cannot be had, or when what stands there is not on record; nothing was touched then.
 * @param environment of the process, without what the config's env file has
 */
export async function serve(
  read: ReadConfig,
  environment: NodeJS.ProcessEnv,
  surroundings: Surroundings,
): Promise<Receiver> {
  // first of all: a second receiver by the same config ends here
  const addresses = await takeAddresses(read.config)
  try {
    return await start(read, environment, surroundings, addresses)
  } catch (error) {
    addresses.drop()
    throw error
  }
}

async function start(
  { config, text }: ReadConfig,
  environment: NodeJS.ProcessEnv,
  { log, redactor, reload }: Surroundings,
  addresses: Addresses,
): Promise<Receiver> {
  const clock = systemClock
  const report: Report = (message, details, level = 'warn') => log(level, message, details)
  const stopping = new AbortController()
  let current = takeConfig(config)
  let inForce = text

  const variables = readVariables(config.file, environment)
  const { docker, machine } = await openMachine(config, variables)
  const { data, network } = config
  const hasDocker = usesDocker(config)
  if (!hasStore(data)) refuseOthers(machine, { data, id: undefined, knows: () => false })
  if (machine.subnet !== network.subnet) {
    log('warn', SUBNET_KEPT, { network: network.name, subnet: machine.subnet })
  }

  const taken = takeStoreOver(storeFile(data), VERSION)
  sayWhatBegins(taken, log)

  const watchdog = createWatchdog({ log, environment })
  const traffic = createTraffic({ nowMs: clock.ms, isApp: (name) => apps.all().has(name) })
  const requests = hearRequests({
    take: traffic.take,
    hear: (isOn) => slots.hear(isOn),
    clock,
    report,
  })
  const measure = createMeasure(
    () => ({
      apps: () => [...apps.all().keys()],
      data,
      journal,
      maintenanceSince: slots.maintenance,
      stoppedSince: (app) => record.stopped(app)?.since,
      certificates: () => certificates.ends(),
      images: async () => (await opened.engine.disk())?.path,
      containers: (signal) => opened.usage(signal),
      replicas: (app) => ofApps.replicas(app),
      traffic: { of: traffic.of, ignoredLines: requests.ignoredLines },
    }),
    report,
  )
  const pageHealth = createPageHealth((app, ask) => ofApps.health(app, ask), clock.ms)
  // nobody knows until certificates are looked after
  let whyPlain: KeptCertificates['whyPlain'] = () => undefined
  let lookAtCertificates = () => {}
  const store = openStore(storePlace(data, machine), {
    clock,
    log,
    redactor,
    targets: () => current.config.notify,
    github: () => current.config.githubApp,
    listeners: [
      watchSteps(watchdog),
      countDeployments(measure.meters),
      markSwaps(traffic),
      pageHealth.listener,
      () => notify.wake(),
      // the CA is asked for what came up
      ({ app }, { type }) => {
        if (type === 'live' && store.previews.get(app) !== undefined) lookAtCertificates()
      },
    ],
    hooked: countHooks(measure.meters),
  })
  const notify = startNotify(() => current.config, {
    store,
    clock,
    log,
    environment: variables,
    signal: stopping.signal,
  })
  const closed = closedToNginx(data)
  if (closed !== undefined) log('warn', closed.message, { hint: closed.hint })
  // bringing a large store to this version's format may take its time
  watchdog.start()
  const { journal, record } = store
  const knows = (deployment: string) => journal.get(deployment) !== undefined
  const known = store.installation.id()
  refuseOthers(machine, { data, id: known, knows })
  const installation = { id: known ?? newInstallationId(), knows }
  const { credentials, read } = openRegistries({
    logins: () => ({ apps: apps.all().values(), registries: current.config.registries }),
    docker: () => (hasDocker ? Promise.resolve(docker) : Promise.reject(new Error('no Docker'))),
    env: variables,
    redactor,
  })
  const ear = createEar()
  const opened = openDocker(config, {
    docker,
    installation,
    credentials,
    read,
    store,
    bridge: machine,
    apps: () => apps.all(),
    tls: (app) => siteTls(app, withPreviews()),
    previewsTls: (app) => previewsTls(app, current.config),
    receiver: () => atNginx(current.config),
    report,
    environment,
    variables,
    changed: (app) => apps.wake(app),
    heard: ear.heard,
    whyPlain: (app) => whyPlain(app),
  })
  const { ports: slotPorts, swarm, kubernetes, registry, slots, sites, rollouts } = opened
  /** By the config in force, whatever its file says by now. */
  const fresh = (app: AppSpec) => readAgain(app, { file: config.file, environment, text: inForce })
  const apps = createApps<AppConfig>(
    { journal, clock, report, rollouts, fresh },
    async (all, onEdit) => {
      refuseEngineChange(all, journal)
      if (!hasDocker) refuseDocker(all)
      kubernetes.orchestrator.followOnly(all)
      const moved = all.flatMap((app) => movedFrom(app, journal) ?? [])
      const shown = await showApps(all, { sites, record, journal, onEdit, signal: stopping.signal })
      return [...moved, ...shown]
    },
  )
  const withPreviews = withAllApps(() => current.config, apps.all)
  const inTurn = oneAfterTheOther()
  const edits = () =>
    usesNginx(current.config) ? sites.edits(upstreamsOf(apps.all().values(), store)) : []
  sites.refuseOthers(Object.values(config.apps).flatMap(({ name, http }) => (http ? name : [])))

  store.installation.take(installation.id)
  // before Nginx has a file that looks at it
  slots.straighten()
  if (hasDocker) {
    const { subnet } = machine
    await ensureNetwork(docker, { ...network, subnet, installation: installation.id })
  }
  const shown = usesNginx(config) ? await showReceiver(sites.receiver, 'leave') : []
  for (const each of shown) log('warn', each)
  // whoever edited a file of one app is not to keep the others from starting
  const all = [...Object.values(config.apps), ...previewsOf(config, store.previews)]
  for (const each of await apps.take(all, () => 'leave')) log('warn', each)
  const leftAlone = usesNginx(config) ? sites.leftAlone() : []
  for (const { app, file, isInTheWay } of leftAlone) log('warn', EDITED, { app, file, isInTheWay })
  const left = journal
    .liveApps()
    .filter((app) => !apps.all().has(app) && store.previews.get(app) === undefined)
  for (const app of left) log('warn', LEFT_RUNNING, { app })

  const prove = createProof()
  const askMember = createAskMember(variables)
  const ofApps = appServices({
    current: () => current.config,
    apps,
    store,
    opened,
    read,
    environment,
    stopping: stopping.signal,
  })
  const parts = {
    ...slotPorts,
    ...(hasDocker ? {} : { engine: NO_CONTAINERS }),
    slots,
    sites,
    record,
    keptLogs: store.keptLogs,
    journal,
    apps,
  }
  const announce = (news: PreviewNews, once: string) => {
    store.announcePreview(news, once)
    notify.wake()
  }
  const previews = startPreviews(() => current.config, {
    ...parts,
    previews: store.previews,
    transaction: journal.transaction,
    makeBridge: async (app) =>
      ensureNetwork(docker, {
        name: isolatedBridge(network.name, app),
        subnet: blockOf(record.address(app, 'blue', 1)),
        installation: installation.id,
        key: 'previews',
      }),
    removeBridge: (app) => removeNetwork(docker, isolatedBridge(network.name, app)),
    inTurn,
    forgotten: (app) => redactor.keep(app, []),
    announce,
    signal: stopping.signal,
  })
  const given = { current: () => current, apps, store, registry }
  const services = httpServices(given, {
    ...ofApps.services,
    pageHealth: pageHealth.of,
    metrics: measure.metrics,
    traffic: traffic.of,
    whyPlain: (app) => whyPlain(app),
    doctor: () =>
      runDoctorWithin({
        current: () => current.config,
        docker,
        opened,
        store,
        read,
        edits,
        requests,
        certificates: () => certificates.describe(),
        notify,
        prove,
        variables,
        environment,
      }),
    prove,
    certificates: { describe: () => certificates.describe(), look: () => certificates.look() },
    reload,
    previews: {
      record: store.previews,
      subnet: machine.isolated,
      changed: previews.changed,
      announce,
    },
    async removeApp(what) {
      if (store.previews.get(what.app) !== undefined) return previews.remove(what.app)
      const here = await removeApp(what, parts, stopping.signal)
      const done = {
        ...here,
        removed: [...here.removed, ...(hasDocker ? await swarm.remove(what.app) : [])],
      }
      redactor.keep(what.app, [])
      if (done.removed.length > 0) log('info', 'app removed', { app: what.app, ...done })
      return done
    },
    ...visitorSwitches({ slots, sites, record, audit: store.audit, clock, log }),
    fleet: () =>
      lookAtFleet({
        own: { url: current.config.url, apps: () => ownApps(apps.all().keys(), journal) },
        others: current.config.fleet,
        ask: askMember,
      }),
    notify,
    copyStore: storeCopies(store.database, data),
    log,
    stopping: stopping.signal,
  })
  for (const server of addresses.servers) watchRequests(server, watchdog)
  // until now nothing was taken in and no deployment went on: all of it can be taken back
  if (taken.upgrade !== undefined) await lookAtUpgrade(taken.upgrade, services, store)
  taken.confirm()
  addresses.answer(services)
  await requests.follow(config)
  const certificates = startCertificates(withPreviews, {
    apps,
    sites,
    store,
    installation: installation.id,
    clock,
    log,
    signal: stopping.signal,
  })
  ;({ whyPlain, look: lookAtCertificates } = certificates)
  // also what was to be told before a restart
  notify.wake()
  const warned = watchWarnings(() => current.config, {
    store,
    docker,
    certificates: certificates.describe,
    told: notify.wake,
    redact: redactor.redact,
    clock,
    log,
    signal: stopping.signal,
  })
  const outlived = watchClosedPreviews(() => current.config, {
    store,
    announce,
    changed: previews.look,
    clock,
    report,
    environment: variables,
    signal: stopping.signal,
  })
  const pollers = startPolling({ apps, store, registry, clock, log, report })
  const watched = watchEngines(hasDocker ? docker : undefined, {
    apps,
    home: { network: network.name, installation },
    ear,
    swarm,
    journal,
    record,
    clock,
    report,
    signal: stopping.signal,
  })
  const stopHousekeeping = startHousekeeping({ store, tidy: apps.tidy, log })
  const { listen: address, url } = config
  log('info', 'ready', {
    version: VERSION,
    listen: hostOf(address),
    url,
    apps: apps.all().size,
    installation: installation.id,
  })

  const reloadPorts: ReloadPorts = {
    current: () => current,
    putInForce(next) {
      current = next
    },
    keepText(next) {
      inForce = next
    },
    apps,
    previewsOf: (of) => previewsOf(of, store.previews),
    lookAtPreviews: previews.look,
    sites,
    edits,
    traffic,
    requests,
    pollers,
    certificates,
    notify,
    log,
  }
  let reloading: Promise<unknown> = Promise.resolve()
  return {
    reload(next, options) {
      const reloaded = inTurn(() => reloadConfig(next, options, reloadPorts))
      reloading = reloaded.catch(() => {})
      return reloaded
    },
    async close() {
      stopHousekeeping()
      stopping.abort(new Error('the receiver stops'))
      await Promise.all([addresses.close(), requests.close()])
      // what it has begun with Nginx comes to its end
      await reloading
      await Promise.all([
        watched,
        pollers.stop(),
        certificates.ended,
        warned,
        previews.ended,
        outlived,
      ])
      await apps.stop()
      kubernetes.orchestrator.close()
      await notify.stopped()
      try {
        store.refusals.flush()
      } finally {
        store.database.close()
        await watchdog.stop()
      }
    },
  }
}

const EDITED =
  "somebody edited Nginx's file of the app: it is left alone until `deploy-receiver reload --overwrite`, and `deploy-receiver doctor` shows the difference"

const SUBNET_KEPT =
  'the Docker network keeps the subnet that it was made with, not network.subnet: to change it, remove its apps, `docker network rm` it and start again'

const hostOf = ({ host, port }: Config['listen']) =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`
