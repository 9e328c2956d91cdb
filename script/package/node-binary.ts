import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The Node that goes into the packages; `npm run package` is run by the same one. */
const VERSION = '24.21.0'

export type Arch = 'x64' | 'arm64'

/** SHA-256 of `bin/node` in the npm packages `node-linux-…` of that version, and what makes it smaller. */
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

/** Writes Node's program for that kind of machine, without its symbols, to `file`. */
export async function writeNode(arch: Arch, file: string, cache: string): Promise<void> {
  if (process.version !== `v${VERSION}`) {
    throw new Error(
      `this is Node ${process.version}, and the packages hold v${VERSION}: run npm ci, then npm run package; a new Node is first to be named in script/package/node-binary.ts`,
    )
  }
  const source = arch === process.arch ? process.execPath : await fetchNode(arch, cache)
  const { sha256, strip, debian } = BINARIES[arch]
  const is = createHash('sha256')
    .update(await readFile(source))
    .digest('hex')
  if (is !== sha256) {
    throw new Error(`${source} is not the Node ${VERSION} that was looked at: its SHA-256 is ${is}`)
  }
  await copyFile(source, file)
  await run(strip, [file]).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new Error(`${strip} is missing: apt-get install ${debian}`, { cause })
  })
}

/** Another machine's Node is an npm package. Resolves to where it lies. */
async function fetchNode(arch: Arch, cache: string): Promise<string> {
  const name = `node-linux-${arch}`
  const file = join(cache, `${name}-${VERSION}`, 'package/bin/node')
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere) return file
  const folder = join(cache, `${name}-${VERSION}`)
  await mkdir(folder, { recursive: true })
  await run('npm', ['pack', '--silent', '--pack-destination', cache, `${name}@${VERSION}`])
  await run('tar', [
    '-xzf',
    join(cache, `${name}-${VERSION}.tgz`),
    '-C',
    folder,
    'package/bin/node',
  ])
  return file
}
