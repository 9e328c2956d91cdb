import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { layersOf } from '../../../../receiver/edges/registry/layers.ts'
import { FAR_TOO_MUCH_BYTES, startEndless } from '../../../support/endless.ts'
import { type Host, startHost } from '../../../support/host.ts'
import { readingAs } from '../../../support/reading.ts'

let registry: Host
beforeEach(async () => {
  registry = await startHost()
})
afterEach(() => {
  registry.server.close()
  registry.server.closeAllConnections()
})

describe('the layers of an image', () => {
  const ARM = { os: 'linux', architecture: 'arm64' }
  const AMD = { os: 'linux', architecture: 'amd64' }
  const layers = (digest: string) =>
    layersOf(
      { repository: `${registry.host}/acme/api`, digest },
      ARM,
      readingAs(),
      new AbortController().signal,
    )
  const describes = (text: string) => ({
    digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    size: text.length,
  })
  /** Has the registry hold a text, and answer it as another one; returns what describes it. */
  const hold = (kind: 'blobs' | 'manifests', content: object, served = JSON.stringify(content)) => {
    const it = describes(JSON.stringify(content))
    registry.answers.set(`/v2/acme/api/${kind}/${it.digest}`, (_, response) => {
      response.end(served)
    })
    return it
  }
  const config = { rootfs: { diff_ids: ['sha256:1', 'sha256:2'] } }
  const manifestOf = (held = hold('blobs', config)) => ({
    config: held,
    layers: [{ size: 10 }, { size: 20 }],
  })
  const expected = [
    { diffId: 'sha256:1', bytes: 10 },
    { diffId: 'sha256:2', bytes: 20 },
  ]

  test('are read from its manifest and its config', async () => {
    expect(await layers(hold('manifests', manifestOf()).digest)).toEqual(expected)
  })

  test('are those of the platform that will run', async () => {
    const other = describes('{}')
    const manifests = [
      { ...other, platform: AMD },
      { ...hold('manifests', manifestOf()), platform: ARM },
      other,
    ]
    expect(await layers(hold('manifests', { manifests }).digest)).toEqual(expected)
  })

  test('cannot be told when there is none for the platform, or it is gone', async () => {
    const index = hold('manifests', { manifests: [{ ...describes('{}'), platform: AMD }] })
    await expect(layers(index.digest)).rejects.toMatchObject({
      code: 'platform_missing',
      message: `${registry.host}/acme/api@${index.digest} was not built for linux/arm64`,
      hint: expect.stringContaining('add its platform to the build'),
    })
    await expect(layers(describes('gone').digest)).rejects.toThrow('the registry answered 404')
  })

  test.for([
    ['a manifest that', () => hold('manifests', manifestOf(), '{"other":"bytes"}')],
    [
      'a config that',
      () => hold('manifests', manifestOf(hold('blobs', config, '{"other":"bytes"}'))),
    ],
    [
      'a manifest of a list that',
      () => {
        const manifest = hold('manifests', manifestOf(), '{"other":"bytes"}')
        return hold('manifests', { manifests: [{ ...manifest, platform: ARM }] })
      },
    ],
  ] as const)('are refused with %s is not what its digest says', async ([, prepare]) => {
    await expect(layers(prepare().digest)).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringContaining(
        `are 17 bytes with the digest ${describes('{"other":"bytes"}').digest}`,
      ),
    })
  })

  test.for([
    ['a config', () => hold('manifests', manifestOf({ ...hold('blobs', config), size: 7 }))],
    [
      'a manifest',
      () => {
        const manifest = { ...hold('manifests', manifestOf()), size: 7 }
        return hold('manifests', { manifests: [{ ...manifest, platform: ARM }] })
      },
    ],
  ] as const)('are refused with %s of another size than is announced', async ([, prepare]) => {
    await expect(layers(prepare().digest)).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringContaining('where 7 bytes are announced'),
    })
  })

  test.for(['manifests', 'blobs'] as const)('are refused when %s never end', async (kind) => {
    const { url, closed } = await startEndless({ begins: '{' })
    const endless = describes('endless')
    registry.answers.set(`/v2/acme/api/${kind}/${endless.digest}`, (_, response) => {
      response.writeHead(307, { location: url }).end()
    })
    const { digest } = kind === 'manifests' ? endless : hold('manifests', manifestOf(endless))
    await expect(layers(digest)).rejects.toMatchObject({
      code: 'image_invalid',
      message: `${kind}/${endless.digest} of ${registry.host}/acme/api is no image’s: the answer is longer than 4194304 bytes`,
    })
    expect(await closed).toBeLessThan(FAR_TOO_MUCH_BYTES)
  })

  const sized = (size: number) => ({ config: describes('{}'), layers: [{ size }] })
  test.for([
    ['something else', { hello: 1 }],
    ['sizes below nothing', sized(-1)],
    ['sizes beyond all numbers', sized(1e300)],
    ['half bytes', sized(0.5)],
  ] as const)('are not told of a manifest with %s', async ([, manifest]) => {
    await expect(layers(hold('manifests', manifest).digest)).rejects.toMatchObject({
      code: 'pull_failed',
    })
  })
})
