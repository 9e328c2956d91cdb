import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The Node that goes into the packages; `npm run package` is run by the same one. */
export const NODE_VERSION = '24.21.0'

export const ARCHES = ['x64', 'arm64'] as const
export type Arch = (typeof ARCHES)[number]

/** SHA-256 of `bin/node` in the npm packages `node-linux-…` of that version, and what takes its symbols out. */
const BINARIES = {
  x64: {
    sha256: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    strip: 'x86_64-linux-gnu-strip',
    debian: 'binutils-x86-64-linux-gnu',
  },
  arm64: {
    sha256: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
    strip: 'aarch64-linux-gnu-strip',
    debian: 'binutils-aarch64-linux-gnu',
  },
} satisfies Record<Arch, { sha256: string; strip: string; debian: string }>

/** Fetched once for each version. */
const CACHE = join(import.meta.dirname, '../../node_modules/.cache/deploy-receiver')

/** Writes Node's program for that kind of machine, without its symbols, to `file`. */
export async function writeNode(arch: Arch, file: string): Promise<void> {
  if (process.version !== `v${NODE_VERSION}`) {
    throw new Error(
      `this is Node ${process.version}, and the packages hold v${NODE_VERSION}: run npm ci, then npm run package; a new Node is first to be named in script/package/node-binary.ts`,
    )
  }
  const source = join(await fetchNode(arch), 'bin/node')
  const { sha256, strip, debian } = BINARIES[arch]
  const is = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
  if (is !== sha256) {
    throw new Error(
      `${source} is not the Node ${NODE_VERSION} that was looked at: its SHA-256 is ${is}`,
    )
  }
  await copyFile(source, file)
  await run(strip, [file]).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new Error(`${strip} is missing: apt-get install ${debian}`, { cause })
  })
}

/** The terms of Node and of what is in it. */
export const nodeLicence = async (): Promise<string> =>
  readFile(join(await fetchNode('x64'), 'LICENSE'), 'utf8')

/** Each machine's Node is an npm package. Resolves to its folder. */
async function fetchNode(arch: Arch): Promise<string> {
  const name = `node-linux-${arch}`
  const folder = join(CACHE, `${name}-${NODE_VERSION}`)
  if (!existsSync(folder)) {
    const fetched = `${folder}.${process.pid}`
    await mkdir(fetched, { recursive: true })
    await run('npm', ['pack', '--silent', '--pack-destination', fetched, `${name}@${NODE_VERSION}`])
    const archive = join(fetched, `${name}-${NODE_VERSION}.tgz`)
    await run('tar', ['-xzf', archive, '-C', fetched, 'package/bin/node', 'package/LICENSE'])
    await rm(archive)
    await rename(fetched, folder)
  }
  return join(folder, 'package')
}
