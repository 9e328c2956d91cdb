// Makes what ships, in out/: npm run package [-- --arch x64,arm64 --out FOLDER] [product …]
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import { bundleReceiver } from './bundle.ts'
import { makeExecutable } from './executable.ts'
import type { Arch } from './node-binary.ts'

const ROOT = join(import.meta.dirname, '../..')

const { values } = parseArgs({
  options: { arch: { type: 'string', default: process.arch }, out: { type: 'string' } },
})
const out = resolve(values.out ?? join(ROOT, 'out'))
const { version } = packageJson
await mkdir(out, { recursive: true })
await bundleReceiver(join(out, 'receiver'), version)
for (const arch of values.arch.split(',') as Arch[]) await makeExecutable(arch, out)
