import { type Target, uploadTo } from './uploads.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

interface Platform {
  os: string
  architecture: string
  /** Contents of its layers, from the lowest. */
  layers?: readonly string[]
}

/**
 * Puts an image of nothing, or of layers that are no archives, into a registry: for one platform or as an index of
 * several. Nobody can run it.
 * @returns digest of the manifest, or of the index
 */
export async function putImage({
  tag,
  platforms = [],
  layers = [],
  ...target
}: Target & {
  tag: string
  platforms?: readonly Platform[]
  /** Of an image for one platform. */
  layers?: Platform['layers']
}): Promise<string> {
  const { blob, manifest } = uploadTo(target)
  const put = async ({ layers: contents = [], ...platform }: Platform, as?: string) => {
    const pushed = []
    for (const content of contents) pushed.push({ mediaType: LAYER, ...(await blob(content)) })
    const rootfs = { type: 'layers', diff_ids: pushed.map(({ digest }) => digest) }
    const config = await blob(JSON.stringify({ ...platform, config: {}, rootfs }))
    return manifest(
      {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: CONFIG, ...config },
        layers: pushed,
      } as { mediaType: string },
      as,
    )
  }
  if (platforms.length === 0) {
    return (await put({ os: 'linux', architecture: 'amd64', layers }, tag)).digest
  }
  const manifests = []
  for (const each of platforms) {
    const { os, architecture } = each
    manifests.push({
      mediaType: MANIFEST,
      ...(await put(each)),
      platform: { os, architecture },
    })
  }
  const index = { schemaVersion: 2, mediaType: INDEX, manifests }
  return (await manifest(index, tag)).digest
}
