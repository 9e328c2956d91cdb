import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import Docker from 'dockerode'
import type { Login } from './images.ts'
import { type Target, uploadTo } from './uploads.ts'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** What a Dockerfile would say, as Docker's API has it. */
export interface ImageConfig {
  Cmd?: readonly string[]
  Env?: readonly string[]
  User?: string
  Labels?: Readonly<Record<string, string>>
  Volumes?: Readonly<Record<string, object>>
  ExposedPorts?: Readonly<Record<string, object>>
  /** Times in nanoseconds. */
  Healthcheck?: Readonly<{
    Test: readonly string[]
    Interval?: number
    StartPeriod?: number
    StartInterval?: number
  }>
}

/** One more layer: contents by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** A layer that a registry has, for images to share. */
export interface PushedLayer {
  mediaType: string
  digest: string
  size: number
  /** Digest of what it unpacks to. */
  diffId: string
}

/** Puts a layer into a repository. */
export async function pushLayer(target: Target, files: Files): Promise<PushedLayer> {
  const layer = layerOf(files)
  const pushed = await uploadTo(target).blob(layer)
  return { mediaType: LAYER, ...pushed, diffId: digestOf(gunzipSync(layer)) }
}

/**
 * Puts an image of 1 MB into a registry: busybox, and an httpd on port 8000 that says its version at `/` and, unless it is
 * broken, `ok` at `/healthz`. Nothing builds it, which would take ten times as long.
 * @returns the manifest's digest.
 */
export async function pushTiny({
  image,
  version,
  files,
  config = {},
  broken = false,
  login,
  authority,
  host,
  below = [],
}: {
  /** Reference with a tag. */
  image: string
  version: string
  files?: Files
  config?: ImageConfig
  broken?: boolean
  login: Login
  /** PEM file of the authority that vouches for the registry; without it that speaks plain HTTP. */
  authority?: string | undefined
  /** An engine that has it afterwards, as one that built it would. */
  host?: string
  /** Its lowest layers, which lie in that repository. */
  below?: readonly PushedLayer[]
}): Promise<string> {
  const [, repository = '', tag = ''] = /^(.*):([^:/]+)$/.exec(image) ?? []
  const { blob, manifest } = uploadTo({
    repository,
    login,
    ...(authority === undefined ? {} : { authority }),
  })
  const layers = [
    busybox(),
    layerOf({ 'www/index.html': `${version}\n`, ...(broken ? {} : { 'www/healthz': 'ok\n' }) }),
    ...(files === undefined ? [] : [layerOf(files)]),
  ]
  const described = below.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
  for (const layer of layers) described.push({ mediaType: LAYER, ...(await blob(layer)) })
  const description = await blob(
    JSON.stringify({
      os: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      config: {
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        WorkingDir: '/',
        Cmd: ['/bin/busybox', 'httpd', '-f', '-vv', '-p', '8000', '-h', '/www'],
        ...config,
        ExposedPorts: { '8000/tcp': {}, ...config.ExposedPorts },
      },
      rootfs: {
        type: 'layers',
        diff_ids: [
          ...below.map(({ diffId }) => diffId),
          ...layers.map((layer) => digestOf(gunzipSync(layer))),
        ],
      },
    }),
  )
  const { digest } = await manifest(
    {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: CONFIG, ...description },
      layers: described,
    } as { mediaType: string },
    tag,
  )
  if (host !== undefined) await pull(host, image, login)
  return digest
}

let busyboxLayer: Buffer | undefined
const busybox = (): Buffer =>
  (busyboxLayer ??= archive((dir) => {
    mkdirSync(join(dir, 'bin'))
    copyFileSync('/bin/busybox', join(dir, 'bin/busybox'))
  }))

const layerOf = (files: Files): Buffer =>
  archive((dir) => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(dir, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, content)
      // any user of the image may read and run it
      chmodSync(file, 0o755)
    }
  })

/** A layer of what was put into a folder: the same each time for the same contents. */
function archive(fill: (dir: string) => void): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'layer-'))
  try {
    fill(dir)
    const flags = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--mode=a+rX']
    return execFileSync('tar', [...flags, '-I', 'gzip -n -1', '-C', dir, '-c', '.'], {
      maxBuffer: 2 ** 27,
    })
  } finally {
    rmSync(dir, { recursive: true })
  }
}

async function pull(host: string, image: string, authconfig: Login): Promise<void> {
  const docker = new Docker({ socketPath: host.slice('unix://'.length) })
  const progress = await docker.pull(image, { authconfig: authconfig as Docker.AuthConfigObject })
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error))),
  )
}

const digestOf = (body: Uint8Array) => `sha256:${createHash('sha256').update(body).digest('hex')}`
