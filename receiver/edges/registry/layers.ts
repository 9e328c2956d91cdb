import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { type Layer, type Platform, REGISTRY_HINTS } from '../../core/image/registry.ts'
import { DeployError } from '../../core/errors.ts'
import { readJson } from '../json.ts'
import { MANIFEST_TYPES, type RegistryClient } from './client.ts'
import type { ReadRepository } from './reading.ts'

/** They are good to know, not needed. */
const LAYERS_MS = 10_000

const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))
const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** What stands for other bytes. */
const Descriptor = v.object({ digest: Digest, size: v.optional(Size) })
type Descriptor = v.InferOutput<typeof Descriptor>

const Manifest = v.object({ config: Descriptor, layers: v.array(v.object({ size: Size })) })
const Index = v.object({
  manifests: v.array(
    v.object({
      ...Descriptor.entries,
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
  platform: Platform | undefined | Promise<Platform | undefined>,
  read: ReadRepository,
  outer: AbortSignal,
): Promise<Layer[]> => {
  const signal = AbortSignal.any([outer, AbortSignal.timeout(LAYERS_MS)])
  return read(repository, signal, async (client) => {
    const at = { client, repository, signal }
    const first = await bytesOf('manifests', { digest }, at)
    const index = readJson(Index, first)
    const wanted = index === undefined ? undefined : await platform
    if (index !== undefined && wanted === undefined) return []
    const text =
      index === undefined
        ? first
        : await bytesOf('manifests', chosenOf(index, wanted, { repository, digest }), at)
    const manifest = readKnown(Manifest, text, 'manifest', repository)
    const config = await bytesOf('blobs', manifest.config, at)
    const { rootfs } = readKnown(Config, config, 'config', repository)
    return manifest.layers.map(({ size }, layer) => ({
      diffId: rootfs.diff_ids[layer] ?? '',
      bytes: size,
    }))
  })
}

/** Of an index that has it twice the first, as Docker chooses. */
function chosenOf(
  { manifests }: v.InferOutput<typeof Index>,
  wanted: Platform | undefined,
  { repository, digest }: Image,
): Descriptor {
  const chosen = manifests.find(
    ({ platform }) =>
      platform?.os === wanted?.os && platform?.architecture === wanted?.architecture,
  )
  if (chosen !== undefined) return chosen
  throw new DeployError(
    'platform_missing',
    `${repository}@${digest} was not built for ${wanted?.os}/${wanted?.architecture}`,
    { hint: REGISTRY_HINTS.platform },
  )
}

/** The platforms of a multi-platform image, as `linux/arm64`; none of another one. */
export const platformsOf = (
  { repository, digest }: Image,
  read: ReadRepository,
  signal: AbortSignal,
): Promise<string[]> =>
  read(repository, signal, async (client) => {
    const text = await bytesOf('manifests', { digest }, { client, repository, signal })
    const { manifests } = readJson(Index, text) ?? { manifests: [] }
    const names = manifests.map(({ platform: { os, architecture } = UNKNOWN }) =>
      // attestations beside an image have this one
      os === 'unknown' ? '' : `${os}/${architecture}`,
    )
    return [...new Set(names)].filter((name) => name !== '')
  })

const UNKNOWN = { os: 'unknown', architecture: 'unknown' }

/** What a digest and a size stand for, once it is shown to be that. */
async function bytesOf(
  kind: 'manifests' | 'blobs',
  { digest, size }: Descriptor,
  {
    client,
    repository,
    signal,
  }: { client: RegistryClient; repository: string; signal: AbortSignal },
): Promise<string> {
  const path = `${kind}/${digest}`
  const { status, body } = await client.get(path, { accept: MANIFEST_TYPES, signal })
  if (status !== 200) {
    throw new DeployError('image_missing', `the registry answered ${status} to ${path}`, {
      hint: REGISTRY_HINTS.missing,
    })
  }
  const found = `sha256:${createHash('sha256').update(body).digest('hex')}`
  if (found === digest && (size ?? body.length) === body.length) return body.toString()
  const announced = size === undefined ? '' : `, where ${size} bytes are announced`
  throw new DeployError(
    'digest_mismatch',
    `what the registry has as ${path} of ${repository} are ${body.length} bytes with the digest ${found}${announced}`,
    { hint: REGISTRY_HINTS.otherBytes },
  )
}

/** Other kinds of manifests are for the engine to judge. */
function readKnown<const S extends v.GenericSchema>(
  schema: S,
  text: string,
  what: string,
  repository: string,
): v.InferOutput<S> {
  const known = readJson(schema, text)
  if (known !== undefined) return known
  throw new DeployError('pull_failed', `the ${what} of ${repository} is of an unknown kind`)
}
