import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { createFeed } from '../core/feed.ts'
import type { Clock, Journal } from '../core/ports.ts'
import type { Intake } from '../core/intake/submit.ts'
import { createAttestations } from '../edges/store/attestations.ts'
import { createAudit } from '../edges/store/audit.ts'
import { createIdempotency } from '../edges/store/idempotency.ts'
import { openDatabase, transaction } from '../edges/store/schema.ts'
import { createSettingsVault, settingsKey } from '../edges/store/settings.ts'
import { createStore } from '../edges/store/store.ts'
import { createRefusals } from '../http/refusals.ts'
import type { Log } from '../http/services.ts'
import { newDeploymentId } from '../edges/store/deployment-id.ts'
import { logOutcome } from './log-outcome.ts'
import { type Redact, type Secret, valuesOf } from '../redact.ts'

/** Opens all that is remembered in the data directory. Throws an error with its remedy when another receiver has it. */
export function openStore(
  config: Config,
  {
    clock,
    log,
    redact,
    learn,
  }: { clock: Clock; log: Log; redact: Redact; learn: (secrets: readonly Secret[]) => void },
) {
  const database = openDatabase(join(config.data, 'deploy-receiver.db'))
  const feed = createFeed()
  const store = createStore(database, {
    subnet: config.network.subnet,
    now: clock.now,
    changed: feed.changed,
    settings: createSettingsVault(
      database,
      settingsKey(join(config.data, 'settings.key')),
      ({ container, health }) => learn(valuesOf(container, health)),
    ),
  })
  const once = createIdempotency(database)
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

  /** What happens to a deployment, without secrets, and its end also in the log. */
  const journal: Journal = {
    ...store,
    append(id, event, options) {
      const deployment = store.append(id, redact(event), options)
      if (event.type === 'finished') logOutcome(log, deployment)
      return deployment
    },
  }
  /** What it takes to accept a deployment, whoever asks for it. */
  const intake: Intake = {
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
    nowSeconds: () => Math.floor(Date.now() / 1000),
    ageMs: (at) => Date.now() - Date.parse(at),
  }

  return { database, feed, store, journal, intake, once, audit, attestations, refusals }
}
