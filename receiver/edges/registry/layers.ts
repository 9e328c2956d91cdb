import * as v from 'valibot'
import { type Layer, type Platform, REGISTRY_HINTS } from '../../core/image/registry.ts'
import { DeployError } from '../../core/errors.ts'
import { MANIFEST_TYPES, type RegistryClient } from './client.ts'
import type { ReadRepository } from './reading.ts'

/** They are good to know, not needed. */
const LAYERS_MS = 10_000

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

interface Image {
  repository: string
  digest: string
}

/** The layers of an image, of a multi-platform one those of the platform that will run. */
export const layersOf = (
  { repository, digest }: Image,
  platform: Platform,
  read: ReadRepository,
  outer: AbortSignal,
): Promise<Layer[]> => {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(LAYERS_MS)])
  return read(repository, signal, async (client) => {
    const first = await readJson(client, `manifests/${digest}`, signal)
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
      chosen === undefined ? first : await readJson(client, `manifests/${chosen}`, signal),
    )
    const blob = `blobs/${manifest.config.digest}`
    const config = v.parse(Config, await readJson(client, blob, signal))
    return manifest.layers.map(({ size }, at) => ({
      diffId: config.rootfs.diff_ids[at] ?? '',
      bytes: size,
    }))
  })
}

/** The platforms of a multi-platform image, as `linux/arm64`; none of another one. */
export const platformsOf = (
  { repository, digest }: Image,
  read: ReadRepository,
  signal: AbortSignal,
): Promise<string[]> =>
  read(repository, signal, async (client) => {
    const index = v.safeParse(Index, await readJson(client, `manifests/${digest}`, signal))
    const manifests = index.success ? index.output.manifests : []
    const names = manifests.map(({ platform: { os, architecture } = UNKNOWN }) =>
      // attestations beside an image have this one
      os === 'unknown' ? '' : `${os}/${architecture}`,
    )
    return [...new Set(names)].filter((name) => name !== '')
  })

const UNKNOWN = { os: 'unknown', architecture: 'unknown' }

async function readJson(
  client: RegistryClient,
  path: string,
  signal: AbortSignal,
): Promise<unknown> {
  const { status, body } = await client.get(path, { accept: MANIFEST_TYPES, signal })
  if (status === 200) return JSON.parse(body.toString())
  throw new DeployError('image_missing', `the registry answered ${status} to ${path}`, {
    hint: REGISTRY_HINTS.missing,
  })
}
