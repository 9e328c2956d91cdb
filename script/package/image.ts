import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { executableName } from './executable.ts'
import { type Making, ROOT } from './making.ts'
import type { Arch } from './node-binary.ts'
import { NOTICES } from './notices.ts'

/** As images name machines. */
const DOCKER_ARCH = { x64: 'amd64', arm64: 'arm64' } satisfies Record<Arch, string>
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** Lays out what install/Dockerfile copies: the program for each machine, and for this one's what a program needs that is alone. */
export async function makeImageContext(arches: readonly Arch[], { out }: Making): Promise<void> {
  for (const arch of arches) {
    const folder = join(out, 'image/program', DOCKER_ARCH[arch])
    const program = join(out, executableName(arch))
    await put(program, join(folder, 'usr/bin/deploy-receiver'))
    await put(CERTIFICATES, join(folder, CERTIFICATES))
    await put(join(ROOT, 'LICENSE'), join(folder, 'usr/share/doc/deploy-receiver/LICENSE'))
    await put(join(out, NOTICES), join(folder, 'usr/share/doc/deploy-receiver', NOTICES))
    if (arch === process.arch)
      await putLibraries(program, join(out, 'image/libraries', DOCKER_ARCH[arch]))
  }
}

/** The libraries that the program is linked to, how it finds hosts by name, and a shell. */
async function putLibraries(program: string, folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)('ldd', [program])
  for (const path of stdout.match(/\/\S+\.so\S*/g) ?? []) await put(path, join(folder, path))
  for (const path of ['/bin/busybox', '/usr/bin/busybox']
    .filter((one) => existsSync(one))
    .slice(0, 1)) {
    await put(path, join(folder, 'bin/busybox'))
    await link(join(folder, 'bin/busybox'), join(folder, 'bin/sh'))
  }
}

async function put(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}
