// Makes what ships, in out/: npm run package [-- --arch x64,arm64 --out FOLDER]. docs/releasing.md says what it makes.
import { copyFile, mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleReceiver } from './bundle.ts'
import { writeCompletions } from './completions.ts'
import { makeDebianPackage } from './debian.ts'
import { makeExecutable } from './executable.ts'
import { makeImageContext } from './image.ts'
import { type Making, readEpoch, readManifest, ROOT } from './making.ts'
import { type Arch, ARCHES } from './node-binary.ts'
import { writeNotices } from './notices.ts'
import { makeNpmPackage } from './npm.ts'
import { writeSbom } from './sbom.ts'
import { writeSums } from './sums.ts'

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: process.arch },
    out: { type: 'string', default: join(ROOT, 'out') },
  },
})
const wanted = values.arch.split(',').map((name) => {
  const arch = ARCHES.find((one) => one === name)
  if (arch === undefined) throw new Error(`--arch ${name}: it is one of ${ARCHES.join(', ')}`)
  return arch
})
await makeAll(wanted, resolve(values.out))

async function makeAll(arches: readonly Arch[], out: string): Promise<void> {
  await rm(out, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  const manifest = await readManifest()
  const modules = await bundleReceiver(join(out, 'receiver'), manifest.version)
  const making: Making = { out, manifest, epoch: await readEpoch(), modules }

  await writeCompletions(making)
  await writeNotices(making)
  await writeSbom(making)
  await makeNpmPackage(making)
  for (const arch of arches) await makeExecutable(arch, making)
  for (const arch of arches) await makeDebianPackage(arch, making)
  await makeImageContext(arches, making)
  await copyFile(join(ROOT, 'install/install.sh'), join(out, 'install.sh'))
  await writeSums(making)
}
