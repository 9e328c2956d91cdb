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
  const { code, moduleIds } = await bundle('receiver/main.ts', [
    standIns,
    leftOut,
    ownRequire,
    sshWhenNeeded,
    lazyBuiltins,
  ])
  if (code.includes(ROOT)) throw new Error(`the bundle holds a path of this machine, ${ROOT}`)
  if (code.includes('pathToFileURL(__filename)')) {
    throw new Error('the bundle reads a file beside the sources: see receiver/installed.ts')
  }
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, BUNDLE), inAscii(code))
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

/** dockerode's way to an engine over SSH: its library, with the 16 MiB of memory that this one's WebAssembly takes, is loaded when it is used. */
const sshWhenNeeded: Plugin = {
  name: 'ssh-when-needed',
  transform: {
    filter: { id: /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/ },
    handler(code) {
      const loaded = "ssh = require('./ssh'),"
      if (!code.includes(loaded)) throw new Error(`docker-modem has no ${loaded} any more`)
      return code.replace(loaded, "ssh = (options) => require('./ssh')(options),")
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
