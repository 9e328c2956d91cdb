/** What lists the images of several platforms. */
export const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
/** What an image of one platform is made of. */
export const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
/** For the `Accept` of a request that takes any of them. */
export const MANIFEST_TYPES = [...INDEXES, ...MANIFESTS].join(', ')
