import type { Deployment } from '../../../protocol/deployment.ts'
import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import type { Attestations } from './attestation.ts'

/**
 * Lets a digest pass only if it is attested as the app demands: by a bundle that came with the hook, else by one that the
 * registry has. A digest verified under this policy before needs none, and one that is rolled back to none of any policy.
 * Resolves to a line about it, empty when the app demands nothing. Throws `DeployError`.
 */
export async function requireAttestation(
  app: AppSpec,
  { id, action, image: { repository } }: Deployment,
  digest: string,
  { attestations }: { attestations: Attestations },
  signal: AbortSignal,
): Promise<string> {
  const policy = app.attestation
  if (policy === undefined) return ''
  const text = JSON.stringify(policy)
  const before = attestations.verified(app.name, digest)
  if (before === text || (before !== undefined && action === 'rollback')) {
    return 'its attestation was verified before'
  }
  const sent = attestations.sent(id)
  const verify = (bundles: readonly unknown[]) => attestations.verify(bundles, { digest, policy })
  const { signer } = await verify(sent).catch(async (error: unknown) => {
    if (!(error instanceof DeployError) || error.code !== 'not_attested') throw error
    return verify([...sent, ...(await attestations.fetch({ repository, digest }, signal))])
  })
  attestations.setVerified(app.name, digest, text)
  return `attested by ${signer}`
}
