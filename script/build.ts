// Bundles the Action into dist/, which is committed: GitHub runs it as it is. With --check it builds beside it and
// compares, so that dist/ is always what the sources build.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'rolldown'
import { lazyLibraries, lazyNodeHttp, LIBRARIES } from './lazy-libraries.ts'
import { licencesOf } from './licences.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
/** The toolkit's context comes with a client for GitHub's API, which only a run with an `environment` needs. */
const CLIENT_OF_THE_CONTEXT = /[\\/]@actions[\\/]github[\\/]lib[\\/]utils\.js$/

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
  if (!values.check) {
    await bundle(DIST)
    return
  }
  const fresh = await mkdtemp(join(tmpdir(), 'deploy-action-dist-'))
  try {
    await bundle(fresh)
    const different = await compare(fresh, DIST)
    if (different.length === 0) return
    for (const name of different) console.error(`dist/${name} is not what the sources build`)
    console.error('run npm run build, and commit dist/ with the sources')
    process.exitCode = 1
  } finally {
    await rm(fresh, { recursive: true, force: true })
  }
}

async function bundle(directory: string): Promise<void> {
  const action = await build({
    cwd: ROOT,
    input: { main: join(ROOT, 'action/main.ts'), post: join(ROOT, 'action/post.ts') },
    platform: 'node',
    plugins: [lazyLibraries, lazyNodeHttp],
    treeshake: { moduleSideEffects: [{ test: CLIENT_OF_THE_CONTEXT, sideEffects: false }] },
    write: true,
    output: {
      dir: directory,
      cleanDir: true,
      format: 'esm',
      minify: false,
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
    },
  })
  const libraries = await build({
    cwd: ROOT,
    input: Object.fromEntries(LIBRARIES.map(({ name, path }) => [name, path])),
    platform: 'node',
    output: {
      dir: directory,
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
    },
  })
  const chunks = [...action.output, ...libraries.output].filter((part) => part.type === 'chunk')
  for (const chunk of chunks) {
    if (chunk.code.includes(ROOT))
      throw new Error(`${chunk.fileName} holds a path of this machine, ${ROOT}`)
  }
  const modules = chunks.flatMap((chunk) => chunk.moduleIds)
  await writeFile(join(directory, 'licenses.txt'), await licencesOf(modules))
}

/** Names of the files that differ, or stand on one side only. */
async function compare(left: string, right: string): Promise<string[]> {
  const names = new Set([...(await filesOf(left)), ...(await filesOf(right))])
  const different: string[] = []
  for (const name of [...names].sort()) {
    const [a, b] = await Promise.all([left, right].map((folder) => read(join(folder, name))))
    if (a === undefined || b === undefined || !a.equals(b)) different.push(name)
  }
  return different
}

async function filesOf(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

const read = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined)

await main()
