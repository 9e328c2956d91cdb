import * as v from 'valibot'
import { DeployError } from '../../core/errors.ts'
import type { Registry } from '../../core/ports.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { RegistryClient } from './client.ts'
import { MANIFEST_TYPES } from './media-types.ts'
import { signedInClient } from './signed-in.ts'

const TIMEOUT_MS = 10_000
const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))
const Manifest = v.object({
  config: v.object({ digest: Digest }),
  layers: v.array(v.object({ size: v.number() })),
})
const Index = v.object({
  manifests: v.array(
    v.object({
      digest: Digest,
      platform: v.optional(v.object({ os: v.string(), architecture: v.string() })),
    }),
  ),
})
const Config = v.object({ rootfs: v.object({ diff_ids: v.array(v.string()) }) })

/** Reads the layers of an image, of a multi-platform one those of the platform that will run. */
export function createLayers(
  credentials: Pick<Credentials, 'of'>,
  fetch = globalThis.fetch,
): Registry['layers'] {
  return async ({ repository, digest }, platform, signal) => {
    const { client } = await signedInClient(repository, credentials, signal, fetch)
    const until = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)])
    const first = await readJson(client, `manifests/${digest}`, until)
    const index = v.safeParse(Index, first)
    const chosen = index.success
      ? index.output.manifests.find(
          (each) =>
            each.platform?.os === platform.os &&
            each.platform.architecture === platform.architecture,
        )?.digest
      : undefined
    const manifest = v.parse(
      Manifest,
      chosen === undefined ? first : await readJson(client, `manifests/${chosen}`, until),
    )
    const config = v.parse(Config, await readJson(client, `blobs/${manifest.config.digest}`, until))
    return manifest.layers.map(({ size }, at) => ({
      diffId: config.rootfs.diff_ids[at] ?? '',
      bytes: size,
    }))
  }
}

async function readJson(
  client: RegistryClient,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { status, body } = await client.get(path, { accept: MANIFEST_TYPES, signal })
  if (status === 200) return JSON.parse(body.toString())
  throw new DeployError('image_missing', `the registry answered ${status} to ${path}`)
}
