/** Whose attestations make an image fit to run. */
export interface AttestationPolicy {
  /** OIDC issuer of the signer's identity: `https://token.actions.githubusercontent.com`. */
  issuer: string
  /** The number of the repository that it was built from. */
  repositoryId: string
  /** `.github/workflows/deploy.yml` of that repository, or `owner/repo/.github/workflows/build.yml` of another one. */
  workflow?: string
  /** Full ref that it was built from: `refs/heads/main`. */
  ref?: string
}

/**
 * Resolves when one of the Sigstore bundles shows that the digest was made as the policy says; `signer` is the workflow,
 * for the log. Throws `DeployError`: `not_attested`, `trust_root_missing`.
 */
export type VerifyAttestation = (
  bundles: readonly unknown[],
  expected: { digest: string; policy: AttestationPolicy },
) => Promise<{ signer: string }>

/** The Sigstore bundles that the registry has for a digest; none is an empty list. Throws `DeployError`. */
export type FetchAttestations = (
  image: { repository: string; digest: string },
  signal: AbortSignal,
) => Promise<unknown[]>

/** Attestations of images, and what is known of them already. */
export interface Attestations {
  fetch: FetchAttestations
  verify: VerifyAttestation
  /** The Sigstore bundles that came with a deployment's hook. */
  sent(deployment: string): unknown[]
  /** The policy, as text, under which a digest of an app was verified last. */
  verified(app: string, digest: string): string | undefined
  setVerified(app: string, digest: string, policy: string): void
}
