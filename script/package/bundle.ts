import { mkdir, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build, type Plugin } from 'rolldown'
import { ROOT } from './making.ts'

export const BUNDLE = 'deploy-receiver.cjs'

/**
 * Makes one file of the receiver and its libraries, as CommonJS, which is what a single executable takes. What the sources load when it
 * is needed stands in functions that run when it is needed. Resolves to the paths of the modules that it is made of.
 */
export async function bundleReceiver(directory: string, version: string): Promise<string[]> {
  const thread = await bundle('receiver/serve/watchdog-worker.ts', [])
  const standIns = withoutFiles({ version, thread: thread.code })
  const imports: Imports = new Map()
  const { code, moduleIds } = await bundle('receiver/main.ts', [
    standIns,
    leftOut,
    ownRequire,
    spared,
    lazyBuiltins,
    { name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) },
  ])
  if (code.includes(ROOT)) throw new Error(`the bundle holds a path of this machine, ${ROOT}`)
  if (code.includes('pathToFileURL(__filename)')) {
    throw new Error('the bundle reads a file beside the sources: see receiver/installed.ts')
  }
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, BUNDLE), inAscii(compiledWhenNeeded(code, imports)))
  return moduleIds
}

async function bundle(entry: string, plugins: Plugin[]) {
  const { output } = await build({
    cwd: ROOT,
    input: join(ROOT, entry),
    platform: 'node',
    plugins,
    write: false,
    output: { format: 'cjs', codeSplitting: false, comments: false },
  })
  const [chunk, ...others] = output
  if (others.length > 0) throw new Error(`${entry} became more than one file`)
  return chunk
}

/** Of each module, the ones that it cannot do without. */
type Imports = Map<string, readonly string[]>

/** What a start of the receiver loads, with all that these import. */
const STARTED = ['receiver/main.ts', 'receiver/cli/serve.ts', 'receiver/cli/serve-until-told.ts']

/**
 * Each module is a function in brackets, by which V8 compiles it at once, and what it compiled goes into the executable, to be read by
 * each start. Those that a start needs stay so; the others lose that sign, and are compiled when they run.
 */
function compiledWhenNeeded(code: string, imports: Imports): string {
  const started = new Set(STARTED.map((path) => join(ROOT, path)))
  for (const id of started) if (!imports.has(id)) throw new Error(`${id} is not in the bundle`)
  for (const id of started) for (const imported of imports.get(id) ?? []) started.add(imported)
  let isStarted = true
  const lines = code.split('\n').map((line) => {
    const [, path] = MODULE.exec(line) ?? []
    if (path !== undefined) isStarted = started.has(path.includes(':') ? path : join(ROOT, path))
    return isStarted ? line : line.replace(BEGINNING, '$&0, ')
  })
  const text = lines.join('\n')
  if (text === code) throw new Error('no module begins as this bundler begins them: see BEGINNING')
  return text
}

const MODULE = /^\/\/ (\S+)$/
const BEGINNING = /^var \S+ = (?:\/\* @__PURE__ \*\/ )?__(?:esm|commonJS)Min\(\(/

/** One character that is not makes V8 keep all of them in two bytes each. They stand in strings and patterns alone, where this is the same. */
const inAscii = (code: string) =>
  code.replace(
    /[^\0-\x7f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** In place of what reads files beside the sources. */
const withoutFiles = ({ version, thread }: { version: string; thread: string }): Plugin => ({
  name: 'without-files',
  load: (id) => {
    if (id === join(ROOT, 'receiver/version.ts')) {
      return `export const VERSION = ${JSON.stringify(version)}`
    }
    if (id !== join(ROOT, 'receiver/installed.ts')) return undefined
    return `
      import { join } from 'node:path'
      import { isSea } from 'node:sea'
      // an executable is the program itself; the npm package has one that starts the bundle
      export const PROGRAM = isSea() ? process.execPath : join(import.meta.dirname, '../bin/deploy-receiver')
      export const WATCHDOG_THREAD = ${JSON.stringify(thread)}
    `
  },
})

/** Compiled for one machine, and done without when it is not there; and what builds images, which the receiver does not. */
const LEFT_OUT = [/\.node$/, /[\\/]dockerode[\\/]lib[\\/](session|buildkit)\.js$/]

const leftOut: Plugin = {
  name: 'left-out',
  load: {
    filter: { id: LEFT_OUT },
    handler: (id) => `
      const missing = () => { throw new Error(${JSON.stringify(`${id.replace(/^.*node_modules./, '')} is not in this package`)}) }
      ${id.endsWith('.node') ? 'missing()' : 'module.exports = missing'}
    `,
  },
}

/** A `require` that the sources make for themselves loads from files; without it, it is one that the bundler resolves. */
const ownRequire: Plugin = {
  name: 'own-require',
  transform: {
    filter: { id: /[\\/]receiver[\\/].*\.ts$/, code: 'createRequire(' },
    handler: (code) =>
      code
        .replace('const require = createRequire(import.meta.url)', '')
        .replaceAll('createRequire(import.meta.url)(', 'require('),
  },
}

/** Of libraries, what costs at the start and is used later, or by nobody: the code that is in them, and what stands in its place. */
const SPARED: readonly { file: RegExp; code: string; instead: string }[] = [
  // the way to an engine over SSH, with the 16 MiB of memory of its WebAssembly: when it is used
  {
    file: /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/,
    code: "ssh = require('./ssh'),",
    instead: "ssh = (options) => require('./ssh')(options),",
  },
  // pino asks V8 who called it, for transports, of which the receiver has none: V8 then counts, and keeps, all lines of the bundle
  {
    file: /[\\/]pino[\\/]pino\.js$/,
    code: 'normalize(instance, caller(), ...args)',
    instead: 'normalize(instance, [], ...args)',
  },
]

const spared: Plugin = {
  name: 'spared',
  transform: {
    filter: { id: SPARED.map(({ file }) => file) },
    handler(text, id) {
      return SPARED.filter(({ file }) => file.test(id)).reduce((so, { code, instead }) => {
        if (!so.includes(code)) throw new Error(`${id} has no ${code} any more`)
        return so.replace(code, instead)
      }, text)
    },
  },
}

/** What Node brings is loaded by the module that wants it, when that one is, instead of all of it at the start. */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  resolveId: (id) => (isBuiltin(id) ? `builtin:${id.replace(/^node:/, '')}` : undefined),
  load: {
    filter: { id: /^builtin:/ },
    handler: (id) =>
      `module.exports = process.getBuiltinModule('node:${id.slice('builtin:'.length)}')`,
  },
}
