// node test/support/next-version.ts FOLDER VERSION: makes a receiver of another version in FOLDER, as `npm run package` makes this one.
// Its store has one format more, unless /etc/deploy-receiver/fault says `same format`, and other faults that it names go wrong with it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BUNDLE, bundleReceiver } from '../../script/package/bundle.ts'
import { makeExecutable } from '../../script/package/executable.ts'

const FAULT = `process.getBuiltinModule('node:fs').readFileSync('/etc/deploy-receiver/fault', 'utf8').trim()`

/** What is put in before a line of the bundle, or in place of it. */
const CHANGES: readonly (readonly [line: RegExp, by: string])[] = [
  // it ends at once, or never gets anywhere
  [
    /^/,
    `var plantedFault = ''
try { plantedFault = ${FAULT} } catch {}
if (process.argv.includes('serve')) {
  if (plantedFault === 'exit') { console.error('planted: it ends at once'); process.exit(1) }
  if (plantedFault === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
`,
  ],
  [
    /^(?=.*\bMIGRATIONS\.length;?$)/m,
    `if (plantedFault !== 'same format') MIGRATIONS.push('CREATE TABLE of_next (x TEXT) STRICT');\n`,
  ],
  // what it does to the store it notices only then
  [
    /database\.prepare\("PRAGMA quick_check\(1\)"\)/,
    `(plantedFault === 'store' && database.exec('PRAGMA foreign_keys = OFF; DROP TABLE deployments; VACUUM'), database).prepare("PRAGMA quick_check(1)")`,
  ],
]

const [place = '', version = ''] = process.argv.slice(2)
const folder = resolve(place)
mkdirSync(folder, { recursive: true })
await bundleReceiver(join(folder, 'receiver'), version)
const file = join(folder, 'receiver', BUNDLE)
let text = readFileSync(file, 'utf8')
for (const [line, by] of CHANGES) {
  if (!line.test(text)) throw new Error(`the bundle has no ${line}: see what became of it`)
  text = text.replace(line, () => by)
}
writeFileSync(file, text)
await makeExecutable(process.arch === 'arm64' ? 'arm64' : 'x64', { out: folder })
