import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Making, ROOT } from './making.ts'

/** Makes the npm package of the bundle, for machines that have Node. */
export async function makeNpmPackage({ out, manifest }: Making): Promise<void> {
  const folder = join(out, 'npm')
  const { version, description, license, engines } = manifest
  await mkdir(join(folder, 'bin'), { recursive: true })
  for (const [from, to] of [
    [join(ROOT, 'install/npm/deploy-receiver'), 'bin/deploy-receiver'],
    [join(ROOT, 'install/npm/README.md'), 'README.md'],
    [join(ROOT, 'man'), 'man'],
    [join(ROOT, 'LICENSE'), 'LICENSE'],
    [join(out, 'receiver'), 'receiver'],
    [join(out, 'completions'), 'completions'],
  ] as const) {
    await cp(from, join(folder, to), { recursive: true })
  }
  await chmod(join(folder, 'bin/deploy-receiver'), 0o755)
  const packageJson = {
    name: 'deploy-receiver',
    version,
    description,
    license,
    repository: 'github:org/deploy-action',
    engines,
    os: ['linux'],
    bin: { 'deploy-receiver': 'bin/deploy-receiver' },
    man: ['man/deploy-receiver.1'],
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(packageJson, undefined, 2)}\n`)
  await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder })
}
