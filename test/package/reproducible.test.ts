import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openWorkspace } from '../support/workspace.ts'
import { filesBelow, OUT, ROOT } from './out.ts'

const run = promisify(execFile)

test('made in another folder, at another time, each file is the same', async () => {
  await using workspace = await copyOfTheSources()
  const arches = ['x64', 'arm64'].filter((arch) => sums().includes(`-linux-${arch}`))
  await run(process.execPath, ['script/package/main.ts', '--arch', arches.join(',')], {
    cwd: workspace.sources,
    env: { ...process.env, SOURCE_DATE_EPOCH: epochOf(), TZ: 'Asia/Tokyo', LC_ALL: 'C' },
  })
  expect(filesBelow(join(workspace.sources, 'out'))).toEqual(filesBelow(OUT))
})

test('the checksums are those of the files', async () => {
  await expect(
    run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: OUT }),
  ).resolves.toBeDefined()
})

const sums = () => readFileSync(join(OUT, 'SHA256SUMS'), 'utf8')

/** The commit's time, which the packages have in them. */
function epochOf(): string {
  const { metadata } = JSON.parse(readFileSync(join(OUT, 'sbom.cdx.json'), 'utf8')) as {
    metadata: { timestamp: string }
  }
  return String(Date.parse(metadata.timestamp) / 1000)
}

/** As a checkout elsewhere is, with npm's packages. */
async function copyOfTheSources() {
  const workspace = openWorkspace()
  const sources = workspace.folder('a-folder-of-another-name/deploy-action')
  const { stdout } = await run(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: ROOT },
  )
  for (const name of stdout.split('\0').filter((each) => each !== '')) {
    await mkdir(dirname(join(sources, name)), { recursive: true })
    await cp(join(ROOT, name), join(sources, name))
  }
  const modules = [join(ROOT, 'node_modules'), join(sources, 'node_modules')]
  // links to the same files, where that can be: there are many, and they are only read
  await run('cp', ['-al', ...modules]).catch(() => run('cp', ['-a', ...modules]))
  return { sources, [Symbol.asyncDispose]: () => workspace.close() }
}
