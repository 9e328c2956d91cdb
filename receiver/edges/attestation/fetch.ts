import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { FetchAttestations } from '../../core/image/attestation.ts'
import { readJson } from '../json.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { ReadRepository } from '../registry/reading.ts'

const MAX_BUNDLES = 16
const TIMEOUT_MS = 30_000
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v|\+|;|$)/
const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

const Descriptor = v.object({
  digest: v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/)),
  artifactType: v.optional(v.string()),
  mediaType: v.optional(v.string()),
})
const Index = v.object({ manifests: v.array(Descriptor) })
const Manifest = v.object({ artifactType: v.optional(v.string()), layers: v.array(Descriptor) })

/**
 * The Sigstore bundles that refer to a digest at its registry: by the referrers API, and where that is missing by the
 * tag that stands for it (OCI distribution spec, "Listing Referrers"). What is fetched is checked by its digest.
 */
export function createFetchAttestations(read: ReadRepository): FetchAttestations {
  return ({ repository, digest }, signal) => {
    const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    return read(repository, until, async (client) => {
      const bundles: unknown[] = []
      for (const referrer of await referrersOf(client, digest, until)) {
        const bundle = await readBundle(client, referrer, until)
        if (bundle !== undefined) bundles.push(bundle)
      }
      return bundles
    })
  }
}

/** Digests of the manifests that may hold a bundle. */
async function referrersOf(
  client: RegistryClient,
  digest: string,
  signal: AbortSignal,
): Promise<string[]> {
  const listed = await client.get(`referrers/${digest}`, { accept: INDEX, signal })
  const index =
    listed.status === 200
      ? listed
      : await client.get(`manifests/${digest.replace(':', '-')}`, { accept: INDEX, signal })
  if (index.status !== 200) return []
  const { manifests = [] } = readJson(Index, index.body.toString()) ?? {}
  return manifests
    .filter(({ artifactType }) => artifactType === undefined || BUNDLE.test(artifactType))
    .slice(0, MAX_BUNDLES)
    .map((each) => each.digest)
}

async function readBundle(
  client: RegistryClient,
  digest: string,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await client.get(`manifests/${digest}`, { accept: MANIFEST, signal })
  const manifest = isOf(digest, answer.body)
    ? readJson(Manifest, answer.body.toString())
    : undefined
  const [layer, ...more] = manifest?.layers ?? []
  if (layer === undefined || more.length > 0 || !BUNDLE.test(layer.mediaType ?? ''))
    return undefined
  const blob = await client.get(`blobs/${layer.digest}`, { signal })
  return isOf(layer.digest, blob.body) ? readJson(v.unknown(), blob.body.toString()) : undefined
}

const isOf = (digest: string, body: Buffer) =>
  `sha256:${createHash('sha256').update(body).digest('hex')}` === digest
