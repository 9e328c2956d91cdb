import { bundleFromJSON } from '@sigstore/bundle'
import { toSignedEntity, type TrustMaterial, Verifier } from '@sigstore/verify'
import type { AttestationPolicy, VerifyAttestation } from '../../core/image/attestation.ts'
import { DeployError } from '../../core/errors.ts'
import { identityOf, mismatch } from './identity.ts'
import { checkStatement } from './statement.ts'
import { createTrustRoots } from './trust-roots.ts'

const MAX_BUNDLES = 16
const SHOWN_REASONS = 3

/**
 * Verifies Sigstore bundles without asking anybody: against the roots in a file, with the time that a transparency log
 * or a timestamp authority vouches for. The identity in the certificate is compared exactly, never as a pattern.
 */
export function createVerifyAttestation(trustRootFile: string): VerifyAttestation {
  const trustRoots = createTrustRoots(trustRootFile)
  return async (bundles, { digest, policy }) => {
    const roots = trustRoots()
    const reasons: string[] = []
    for (const bundle of bundles.slice(0, MAX_BUNDLES)) {
      try {
        return { signer: verifyOne(bundle, { digest, policy, roots }) }
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error))
      }
    }
    throw notAttested(digest, policy, reasons)
  }
}

/** Returns the signer's identity. Throws an error that says what is wrong with this bundle. */
function verifyOne(
  json: unknown,
  {
    digest,
    policy,
    roots,
  }: { digest: string; policy: AttestationPolicy; roots: readonly TrustMaterial[] },
): string {
  const bundle = bundleFromJSON(json)
  if (bundle.content.$case !== 'dsseEnvelope') {
    throw new Error('it signs bytes, not a statement about an image (DSSE)')
  }
  const entity = toSignedEntity(bundle)
  if (entity.key.$case !== 'certificate') throw new Error('it was signed with a key, not keyless')
  const signer = firstThatVerifies(roots, (root) => verifierFor(root).verify(entity))
  const identity = identityOf(signer.identity)
  const wrong = mismatch(identity, policy)
  if (wrong !== undefined) throw new Error(wrong)
  checkStatement(bundle.content.dsseEnvelope, digest)
  return identity.workflow
}

/**
 * What a root has, it demands: GitHub's own has no transparency log, and timestamps stand for it. At least one trusted
 * time is always demanded, for the certificates live ten minutes.
 */
const verifierFor = (root: TrustMaterial) =>
  new Verifier(root, {
    tlogThreshold: root.tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: root.ctlogs.length > 0 ? 1 : 0,
    timestampThreshold: 1,
  })

function firstThatVerifies<T>(
  roots: readonly TrustMaterial[],
  verify: (root: TrustMaterial) => T,
): T {
  let last: unknown
  for (const root of roots) {
    try {
      return verify(root)
    } catch (error) {
      last = error
    }
  }
  throw last
}

function notAttested(
  digest: string,
  { repositoryId, workflow, ref }: AttestationPolicy,
  reasons: readonly string[],
): DeployError {
  const wanted = [
    `repository ${repositoryId}`,
    ...(workflow === undefined ? [] : [workflow]),
    ...(ref === undefined ? [] : [ref]),
  ].join(', ')
  const found =
    reasons.length === 0
      ? 'there is none'
      : `${reasons.length} found: ${[...new Set(reasons)].slice(0, SHOWN_REASONS).join('; ')}`
  return new DeployError('not_attested', `${digest} has no attestation by ${wanted}: ${found}`, {
    hint: 'let the workflow make one with actions/attest after the push, and send the hook after that (docs/attestation.md)',
  })
}
