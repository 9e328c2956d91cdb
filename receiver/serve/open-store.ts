import type { Deployment } from '../../protocol/deployment.ts'
import type { Source } from '../../protocol/hook.ts'
import { secretsOfSettings } from '../config/secrets-of.ts'
import type { Clock } from '../core/clock.ts'
import { ANYTHING, createFeed } from '../core/feed.ts'
import type { AuditEntry } from '../core/intake/audit.ts'
import { createGroupCommit } from '../core/group-commit.ts'
import type { Intake } from '../core/intake/submit.ts'
import { createEvents, type Listener } from '../core/listeners.ts'
import type { Log } from '../core/log.ts'
import { announceEnd } from '../core/notify/announce.ts'
import { announceMade, announcePreview } from '../core/notify/announce-preview.ts'
import type { PreviewNews } from '../core/notify/news.ts'
import { announceOnGithub, type GithubPlaces } from '../core/notify/github-news.ts'
import type { Target } from '../core/notify/target.ts'
import { appOfKey } from '../core/project/project.ts'
import { createRedact, type Redact } from '../core/redaction/redact.ts'
import type { Redactor } from '../core/redaction/redactor.ts'
import { createAttestations } from '../edges/store/attestations.ts'
import { createAudit } from '../edges/store/audit.ts'
import { newDeploymentId } from '../edges/store/deployment-id.ts'
import { createInstallation } from '../edges/store/installation.ts'
import { createKeptLogs } from '../edges/store/kept-logs.ts'
import { createFlush } from '../edges/store/flush.ts'
import { createIdempotency } from '../edges/store/idempotency.ts'
import { createOutbox } from '../edges/store/outbox.ts'
import { createPreviews } from '../edges/store/previews.ts'
import { openDatabase } from '../edges/store/schema.ts'
import { createPart, transaction } from '../edges/store/transaction.ts'
import { createSessions } from '../edges/store/sessions.ts'
import { createSettingsVault } from '../edges/store/settings.ts'
import { createSlotRecord } from '../edges/store/slot-record.ts'
import { createStore, type Store } from '../edges/store/store.ts'
import { createToldWarnings } from '../edges/store/told-warnings.ts'
import { createRefusals, type Refusal } from '../http/refusals.ts'
import { logDeployments } from './log-deployments.ts'

/**
 * Opens all that is remembered, and the one way on which events get into it. Throws an error with its remedy when another
 * receiver has it.
 * @param file SQLite's file; `:memory:` is one that nobody else sees
 * @param settingsKey 32 bytes, with which the settings of releases are encrypted
 */
export function openStore(
  {
    file,
    settingsKey,
    subnet,
    isolated,
  }: {
    file: string
    settingsKey: Buffer
    subnet: string
    /** Subnet of the previews' bridge. */
    isolated?: string
  },
  {
    clock,
    log,
    redactor,
    targets = () => [],
    github = () => undefined,
    listeners = [],
    hooked = () => {},
  }: {
    clock: Clock
    log: Log
    redactor: Pick<Redactor, 'redact' | 'of' | 'keep'>
    /** Who hears of the end of deployments. */
    targets?: () => readonly Target[]
    /** Where they are shown on GitHub. */
    github?: () => GithubPlaces | undefined
    /** Further ones of every event. */
    listeners?: readonly Listener[]
    /** Hears of every hook, once what came of it is durable. */
    hooked?: (entry: Refusal) => void
  },
) {
  const database = openDatabase(file)
  // what only this process has is on no disk
  const flush = file === ':memory:' ? () => {} : createFlush(file)
  const part = createPart(database)
  const store = createStore(database, createSettingsVault(database, settingsKey))
  const previews = createPreviews(database)
  const { redact } = redactor
  const attestations = createAttestations(database)
  const idempotency = createIdempotency(database)
  const audit = createAudit(database)
  const safeAudit = { ...audit, add: (entry: AuditEntry) => audit.add(safeEntry(entry, redact)) }

  const outbox = createOutbox(database, (target, dropped) =>
    log('error', `news for ${target} were dropped: too many wait`, { target, dropped }),
  )
  const { recent } = store
  const senderOf = (deployment: Deployment) => audit.of(deployment)?.sender

  const feed = createFeed()
  const events = createEvents({
    keep: store.append,
    transaction(work, { durable } = { durable: true }) {
      const result = transaction(database, work, { durable })
      if (!durable) flush()
      return result
    },
    redactFor: (id) => (text) => {
      const app = store.get(id)?.deployment.app
      return app === undefined ? redact(text) : redactor.of(app)(text)
    },
    alongside(deployment, event) {
      announceEnd(deployment, event, { outbox, targets: targets(), recent })
      announceMade(deployment, event, {
        preview: () => previews.get(deployment.app),
        outbox,
        targets: targets(),
      })
      announceOnGithub(deployment, event, { outbox, places: github(), senderOf, recent })
    },
    listeners: [
      keepSecrets(store, redactor),
      ({ id, app }) => {
        feed.changed(id)
        feed.changed(app)
        feed.changed(ANYTHING)
      },
      logDeployments(log),
      ...listeners,
    ],
    report: (message, details, level = 'error') => log(level, message, details),
  })
  /** What a container was made with may be nobody's secret any more, and stand in its log all the same. */
  const redactLog = (key: string, generation: number): Redact => {
    const app = appOfKey(key)
    const id = store.find(app, generation)?.deployment.id
    const settings = id === undefined ? undefined : store.settings(id)
    if (settings === undefined) return redactor.of(app)
    const own = createRedact(secretsOfSettings(settings))
    return (value) => redactor.of(app)(own(value))
  }
  /** All of it, for whoever reads, with the one way to write events. */
  const journal = { ...store, ...events }

  /** What it takes to accept a deployment, whoever asks for it. */
  const intake: Intake = {
    ...events,
    ...idempotency,
    together: createGroupCommit({
      transaction: events.transaction,
      part: (work) => events.transaction(() => part(work)),
      soon: setImmediate,
    }),
    history: store.history,
    live: (app) => store.live(app)?.deployment,
    newest: (app) => store.newest(app)?.deployment,
    get: (id) => store.get(id)?.deployment,
    recent: store.recent,
    unfinished: store.unfinished,
    waiting: store.waiting,
    add(deployment, bundles) {
      const safe = { ...deployment, source: safeSource(deployment.source, redact) }
      store.add(safe)
      const preview = previews.get(safe.app)
      if (preview !== undefined) previews.put({ ...preview, deployedAt: safe.created_at })
      attestations.keep(safe.id, bundles)
      return safe
    },
    audit: {
      add(entry) {
        if (entry.deployment !== undefined) events.afterwards(() => hooked(entry))
        return safeAudit.add(entry)
      },
    },
    newId: newDeploymentId,
    now: clock.now,
    nowSeconds: () => Math.floor(clock.unixMs() / 1000),
    ageMs: clock.since,
  }

  const refusals = createRefusals(
    { audit: safeAudit, transaction: (work) => events.transaction(work), log },
    clock.unixMs,
  )
  return {
    database,
    /** Whose store it is. */
    installation: createInstallation(database),
    /** Where the slots are. */
    record: createSlotRecord(
      database,
      subnet,
      isolated === undefined
        ? undefined
        : { subnet: isolated, has: (app) => previews.get(app) !== undefined },
    ),
    /** Which previews there are. */
    previews,
    /** Has targets told what became of one, once under each name. Wake the courier when the transaction is over. */
    announcePreview(news: PreviewNews, once: string) {
      announcePreview(redact(news), { at: clock.now(), once }, { outbox, targets: targets() })
    },
    attestations,
    /** What is still to be told to whom. */
    outbox,
    toldWarnings: createToldWarnings(database),
    /** What containers that are gone printed last. */
    keptLogs: createKeptLogs(database, redactLog),
    redactLog,
    /** Who is signed in on the page. */
    sessions: createSessions(database),
    idempotency,
    audit,
    refusals: {
      ...refusals,
      note(refusal: Refusal) {
        refusals.note(refusal)
        hooked(refusal)
      },
    },
    feed,
    journal,
    intake,
  }
}

export type OpenStore = ReturnType<typeof openStore>

/** What the containers of an app were made with is secret as long as one of them may run, whatever the config says by now. */
function keepSecrets(store: Store, redactor: Pick<Redactor, 'keep'>): Listener {
  const look = (app: string) => {
    const live = store.live(app)?.deployment
    const made = [
      live?.id,
      live?.previous?.deployment,
      ...store.unfinished(app).map(({ id }) => id),
    ]
    const settings = made.flatMap((id) => (id === undefined ? [] : (store.settings(id) ?? [])))
    redactor.keep(app, settings.flatMap(secretsOfSettings))
  }
  for (const app of store.liveApps()) look(app)
  return ({ app, started_at: began }, { type }) => {
    // what never began was made with nothing
    if (type === 'started' || (type === 'finished' && began !== undefined)) look(app)
  }
}

/** A sender's own words may have any secret in them; what names its run, a link's query at most. */
function safeSource({ message, ...names }: Source, redact: Redact): Source {
  return { ...byShape(names), ...(message === undefined ? {} : { message: redact(message) }) }
}

const byShape = createRedact([])

/** Only texts: the app that an entry is of, and what came of it, may be words that are somebody's secret. */
function safeEntry(entry: AuditEntry, redact: Redact): AuditEntry {
  const { sender, request, reason } = entry
  const { claims } = sender
  return {
    ...entry,
    sender: claims === undefined ? sender : { ...sender, claims: byShape(claims) },
    ...(request === undefined ? {} : { request: redact(request) }),
    ...(reason === undefined ? {} : { reason: redact(reason) }),
  }
}
