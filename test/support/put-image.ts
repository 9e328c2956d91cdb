import { type Target, uploadTo } from './uploads.ts'

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

/**
 * Puts an image of nothing into a registry, for one platform or as an index of several. Nobody can run it.
 * @returns digest of the manifest, or of the index
 */
export async function putImage({
  tag,
  platforms = [],
  ...target
}: Target & {
  tag: string
  platforms?: readonly { os: string; architecture: string }[]
}): Promise<string> {
  const { blob, manifest } = uploadTo(target)
  const put = async (platform: { os: string; architecture: string }, as?: string) => {
    const config = await blob(
      JSON.stringify({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: [] } }),
    )
    return manifest(
      {
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: CONFIG, ...config },
        layers: [],
      } as { mediaType: string },
      as,
    )
  }
  if (platforms.length === 0) return (await put({ os: 'linux', architecture: 'amd64' }, tag)).digest
  const manifests = []
  for (const platform of platforms) {
    manifests.push({ mediaType: MANIFEST, ...(await put(platform)), platform })
  }
  const index = { schemaVersion: 2, mediaType: INDEX, manifests }
  return (await manifest(index, tag)).digest
}
