import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import { holdsOf, liftsHold, whyOnHold } from '../intake/hold.ts'
import type { Bookkeeping, StoredDeployment } from '../journal.ts'
import type { Progress } from '../rollout.ts'
import { requireAttestation } from './attest.ts'
import type { Attestations } from './attestation.ts'
import type { Registry } from './registry.ts'
import { retryLater } from './retry.ts'

export interface ResolvePorts extends Pick<Bookkeeping, 'journal' | 'clock'> {
  registry: Registry
  attestations: Attestations
}

/**
 * The step `resolve`, of every engine: from a tag to the digest that it stands for now, which is what this deployment runs from
 * here on, if it is attested as the app demands. Resolves to a line about it. Throws `DeployError`.
 */
export async function resolve(
  app: AppSpec,
  { deployment }: StoredDeployment,
  ports: ResolvePorts,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<string> {
  const { journal, registry, attestations, clock } = ports
  const { repository, tag = 'latest', digest: named } = deployment.image
  const ask = () => registry.resolve({ repository, tag }, signal)
  const said = (message: string) => progress({ message })
  const digest = named ?? (await retryLater(ask, { clock, said, signal }))
  if (deployment.hint === true && named === undefined) refuseOnHold(deployment, digest, journal)
  const replaced = journal.live(deployment.app)?.deployment
  journal.append(deployment.id, {
    type: 'image',
    at: clock.now(),
    digest,
    ...(replaced?.image.digest === undefined
      ? {}
      : { previous: { deployment: replaced.id, digest: replaced.image.digest } }),
  })
  const attested = await requireAttestation(app, deployment, digest, { attestations }, signal)
  const resolved = named === undefined ? `${repository}:${tag} is ${digest}` : digest
  return [resolved, attested, whoseSettings(deployment, journal)]
    .filter((each) => each !== '')
    .join(', ')
}

/** What a registry only hinted at does not bring back what was rolled back from meanwhile. */
function refuseOnHold(
  { app }: StoredDeployment['deployment'],
  digest: string,
  journal: Bookkeeping['journal'],
): void {
  const holds = holdsOf(journal.recent(app), journal.live(app)?.deployment)
  const hold = holds.find((each) => each.digest === digest)
  if (hold === undefined) return
  throw new DeployError('on_hold', whyOnHold(hold), { hint: liftsHold(app) })
}

/** Whose settings a rollback brings. */
function whoseSettings(
  { action, settings_of: of, release_settings: all = false }: StoredDeployment['deployment'],
  journal: Bookkeeping['journal'],
): string {
  if (action !== 'rollback') return ''
  if (of === undefined) return 'with the current settings'
  if (journal.settings(of) === undefined) {
    return `with the current settings: those of ${of} are not known`
  }
  return all
    ? `with all settings of ${of}, its rights and secrets too`
    : `with the settings of ${of}, and the rights and secrets of now`
}
