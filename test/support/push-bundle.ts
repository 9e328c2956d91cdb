import { type Target, uploadTo } from './uploads.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const EMPTY = 'application/vnd.oci.empty.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

/**
 * Pushes a Sigstore bundle beside an image, as `actions/attest` does with `push-to-registry` to a registry without the
 * referrers API: a manifest whose layer is the bundle, and an index of it under the tag `sha256-…`.
 */
export async function pushBundle({
  digest,
  bundle,
  ...target
}: Target & { digest: string; bundle: object }): Promise<void> {
  const { blob, manifest } = uploadTo(target)
  const attestation = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: BUNDLE,
    config: { mediaType: EMPTY, ...(await blob('{}')) },
    layers: [{ mediaType: BUNDLE, ...(await blob(JSON.stringify(bundle))) }],
  }
  const described = {
    mediaType: MANIFEST,
    artifactType: BUNDLE,
    ...(await manifest(attestation)),
  }
  const index = { schemaVersion: 2, mediaType: INDEX, manifests: [described] }
  await manifest(index, digest.replace(':', '-'))
}
