import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packageFolders } from '../licences.ts'
import { type Making, ROOT } from './making.ts'
import { NODE_VERSION } from './node-binary.ts'

/** What is used here of a CycloneDX document. */
interface Sbom {
  serialNumber?: string
  metadata: Record<string, unknown>
  components: { 'bom-ref': string }[]
  dependencies: { ref: string; dependsOn: string[] }[]
}

/** Writes what the packages are made of: npm's own account of it, less what the bundle does not have, and Node with what is in that. */
export async function writeSbom({ out, manifest, epoch, modules }: Making): Promise<void> {
  const { stdout } = await promisify(execFile)('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  })
  const sbom = JSON.parse(stdout) as Sbom
  const bundled = new Set(await Promise.all(packageFolders(modules).map(nameOf)))
  const known = new Set(sbom.components.map((each) => each['bom-ref']))
  const unknown = [...bundled].filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new Error(
      `in the bundle, and not among package.json's dependencies: ${unknown.join(', ')}`,
    )
  }
  const self = `deploy-receiver@${manifest.version}`
  const direct = sbom.dependencies.find(({ ref }) => ref.startsWith('deploy-action@'))
  const made = {
    ...sbom,
    // neither a number of its own for each build, nor the time and folder of it
    serialNumber: undefined,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': self,
        type: 'application',
        name: 'deploy-receiver',
        version: manifest.version,
        purl: `pkg:github/org/deploy-action@v${manifest.version}`,
        licenses: [{ license: { id: manifest.license } }],
      },
    },
    components: [
      ...sbom.components
        .filter((each) => bundled.has(each['bom-ref']))
        // npm's word for where it stands in node_modules, and for what it is here
        .map((each) => ({ ...each, properties: undefined })),
      ...ofNode(),
    ],
    dependencies: [
      { ref: self, dependsOn: (direct?.dependsOn ?? []).filter(isIn(bundled)) },
      ...sbom.dependencies
        .filter(({ ref }) => bundled.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isIn(bundled)) })),
      {
        ref: NODE,
        dependsOn: ofNode().flatMap((each) => (each['bom-ref'] === NODE ? [] : each['bom-ref'])),
      },
    ],
  }
  await writeFile(join(out, 'sbom.cdx.json'), `${JSON.stringify(made, undefined, 2)}\n`)
}

const NODE = `node@${NODE_VERSION}`
const isIn = (bundled: ReadonlySet<string>) => (ref: string) => ref === NODE || bundled.has(ref)

async function nameOf(folder: string): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string
    version: string
  }
  return `${name}@${version}`
}

/** Node itself, and the libraries in it, by what it says of itself. The npm package has none of these. */
const ofNode = () =>
  Object.entries(process.versions)
    .filter(([name, version]) => name !== 'modules' && name !== 'napi' && /^\d/.test(version ?? ''))
    .map(([name, version]) => ({
      'bom-ref': `${name}@${version}`,
      type: name === 'node' ? 'application' : 'library',
      name,
      version,
      purl: `pkg:generic/${name}@${encodeURIComponent(version ?? '')}`,
    }))
