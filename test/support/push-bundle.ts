import { createHash } from 'node:crypto'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

/**
 * Pushes a Sigstore bundle beside an image, as `actions/attest` does with `push-to-registry` to a registry without the
 * referrers API: a manifest whose layer is the bundle, and an index of it under the tag `sha256-…`.
 */
export async function pushBundle({
  repository,
  digest,
  bundle,
  login,
}: {
  repository: string
  digest: string
  bundle: object
  login: { username: string; password: string }
}): Promise<void> {
  const [host = '', ...path] = repository.split('/')
  const base = `http://${host}/v2/${path.join('/')}`
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  const put = async (url: string, type: string, body: string) => {
    const headers = { authorization, 'content-type': type }
    const response = await fetch(url, { method: 'PUT', headers, body })
    if (!response.ok)
      throw new Error(`PUT ${url} answered ${response.status}: ${await response.text()}`)
  }
  const blob = async (body: string) => {
    const started = await fetch(`${base}/blobs/uploads/`, {
      method: 'POST',
      headers: { authorization },
    })
    const url = new URL(started.headers.get('location') ?? '', base)
    url.searchParams.set('digest', digestOf(body))
    await put(url.href, 'application/octet-stream', body)
    return { digest: digestOf(body), size: Buffer.byteLength(body) }
  }
  const empty = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await blob('{}')) }
  const layer = { mediaType: BUNDLE, ...(await blob(JSON.stringify(bundle))) }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    artifactType: BUNDLE,
    config: empty,
    layers: [layer],
  })
  await put(`${base}/manifests/${digestOf(manifest)}`, mediaType, manifest)
  const indexType = 'application/vnd.oci.image.index.v1+json'
  const described = {
    mediaType,
    artifactType: BUNDLE,
    digest: digestOf(manifest),
    size: Buffer.byteLength(manifest),
  }
  await put(
    `${base}/manifests/${digest.replace(':', '-')}`,
    indexType,
    JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [described] }),
  )
}

const digestOf = (body: string) => `sha256:${createHash('sha256').update(body).digest('hex')}`
