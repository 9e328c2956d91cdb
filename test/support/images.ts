import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const HELLO = fileURLToPath(new URL('../../examples/hello', import.meta.url))
/** Name of the base image that `buildHelloBase` leaves in an engine. */
export const HELLO_BASE = 'hello-base'

export interface Login {
  username: string
  password: string
}

/**
 * Builds what stands in for `node:24-alpine` where nothing can be pulled: this very Node with the libraries that it is
 * linked to, and a user called node, on top of nothing. Without `withNode` its containers need `nodeVolumes`, and an
 * image of it is a thousandth of the bytes to push and to pull.
 */
export async function buildHelloBase({
  host,
  dir,
  withNode = true,
}: {
  host: string
  dir: string
  withNode?: boolean
}): Promise<void> {
  const context = join(dir, 'hello-base')
  for (const { from, to } of withNode ? await filesOfNode() : []) {
    mkdirSync(join(context, 'root', dirname(to)), { recursive: true })
    copyFileSync(realpathSync(from), join(context, 'root', to))
  }
  mkdirSync(join(context, 'root/etc'), { recursive: true })
  writeFileSync(join(context, 'root/etc/passwd'), 'node:x:1000:1000::/:/usr/local/bin/node\n')
  writeFileSync(join(context, 'root/etc/group'), 'node:x:1000:\n')
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY root /\nENV PATH=/usr/local/bin\n')
  await docker(host, dir, ['buildx', 'build', '--quiet', '--tag', HELLO_BASE, context])
}

/**
 * Builds `examples/hello` as a version of its own and pushes it. Needs `buildHelloBase` on the same engine.
 * @returns the pushed manifest's digest.
 */
export async function pushHello({
  host,
  dir,
  image,
  version,
  commit = 'unknown',
  broken = false,
  payloadBytes = 0,
  login,
}: {
  host: string
  dir: string
  /** Reference with a tag. */
  image: string
  version: string
  commit?: string
  broken?: boolean
  /** Size of one more layer, which no other image shares and nothing compresses. */
  payloadBytes?: number
  login: Login
}): Promise<string> {
  const args = { BASE: HELLO_BASE, VERSION: version, COMMIT: commit, BROKEN: broken ? '1' : '' }
  const flags = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  if (payloadBytes === 0) return buildAndPush({ host, dir, image, login, flags, context: HELLO })

  const plain = `hello-${version}`
  await docker(host, dir, ['buildx', 'build', '--quiet', '--tag', plain, ...flags, HELLO])
  const context = join(dir, `${plain}-payload`)
  mkdirSync(context)
  writeFileSync(join(context, 'payload'), randomBytes(payloadBytes))
  writeFileSync(join(context, 'Dockerfile'), `FROM ${plain}\nCOPY payload /payload\n`)
  return buildAndPush({ host, dir, image, login, flags: [], context })
}

async function buildAndPush({
  host,
  dir,
  image,
  login,
  flags,
  context,
}: {
  host: string
  dir: string
  image: string
  login: Login
  flags: readonly string[]
  context: string
}): Promise<string> {
  await docker(host, dir, ['buildx', 'build', '--quiet', '--tag', image, ...flags, context])
  signIn(dir, image, login)
  const pushed = await docker(host, dir, ['push', image])
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)?.[1]
  if (digest === undefined) throw new Error(`docker push ${image} named no digest:\n${pushed}`)
  return digest
}

/** Credentials for the docker command, in a configuration of the stack's own. */
function signIn(dir: string, image: string, { username, password }: Login): void {
  const auth = Buffer.from(`${username}:${password}`).toString('base64')
  const registry = image.split('/')[0] ?? ''
  mkdirSync(join(dir, 'docker-config'), { recursive: true, mode: 0o700 })
  writeFileSync(
    join(dir, 'docker-config/config.json'),
    JSON.stringify({ auths: { [registry]: { auth } } }),
    { mode: 0o600 },
  )
}

async function docker(host: string, dir: string, args: readonly string[]): Promise<string> {
  const config = join(dir, 'docker-config')
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_CONFIG: config, DOCKER_CONTEXT: '' }
  try {
    return (await run('docker', args, { env, maxBuffer: 2 ** 24 })).stdout
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause)
    throw new Error(`docker ${args.join(' ')} failed:\n${said}`, { cause })
  }
}

/** An app's `volumes` that bring this very Node into its containers. */
export const nodeVolumes = async (): Promise<string[]> =>
  (await filesOfNode()).map(({ from, to }) => `${from}:${to}:ro`)

const filesOfNode = async () => [
  { from: process.execPath, to: '/usr/local/bin/node' },
  ...(await librariesOf(process.execPath)).map((file) => ({ from: file, to: file })),
]

/** Shared libraries and loader of a program, as absolute paths: `name => /path (address)` or `/path (address)`. */
export async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program])
  return stdout.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}
