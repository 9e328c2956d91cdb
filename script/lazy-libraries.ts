import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'

const require = createRequire(import.meta.url)
const ofTheToolkit = createRequire(fileURLToPath(import.meta.resolve('@actions/http-client')))

/**
 * Libraries that are large, written as CommonJS, and used by some runs alone: undici by what talks to GitHub's API, the others by tags
 * and labels with an expression or a version in them. To read and execute all of them takes longer than all the rest of a start.
 */
export const LIBRARIES: readonly Library[] = [
  { name: 'undici', path: ofTheToolkit.resolve('undici'), exports: ['ProxyAgent', 'fetch'] },
  { name: 'handlebars', path: require.resolve('handlebars'), exports: ['default'] },
  { name: 'moment-timezone', path: require.resolve('moment-timezone'), exports: ['default'] },
  { name: 'semver', path: require.resolve('semver'), exports: ['default'] },
]

interface Library {
  name: string
  path: string
  /** What is imported of it. Another name fails the build. */
  exports: readonly string[]
}

/** Each library is a file of its own beside the bundle, and what is imported of it a stand-in that requires the file when it is used. */
export const lazyLibraries: Plugin = {
  name: 'lazy-libraries',
  resolveId: (id) => (LIBRARIES.some(({ name }) => name === id) ? `lazy:${id}` : undefined),
  load: (id) => {
    const library = LIBRARIES.find(({ name }) => `lazy:${name}` === id)
    return library && standIn(library)
  },
}

const standIn = ({ name, exports }: Library): string => `
import { createRequire } from 'node:module'
const library = () => createRequire(import.meta.url)('./${name}.cjs')
const standIn = (real) => new Proxy(function () {}, {
  get: (_, key) => real()[key],
  apply: (_, self, given) => Reflect.apply(real(), self, given),
  construct: (_, given) => Reflect.construct(real(), given),
})
${exports
  .map((one) =>
    one === 'default'
      ? 'export default standIn(library)'
      : `export const ${one} = standIn(() => library().${one})`,
  )
  .join('\n')}
`

/**
 * An import of Node's http reads all that it exports, `WebSocket` included, for which Node loads an undici of its own. Taken as CommonJS
 * modules take it, nothing is read before it is used.
 */
export const lazyNodeHttp: Plugin = {
  name: 'lazy-node-http',
  resolveId: (id) => (/^(?:node:)?http$/.test(id) ? 'lazy:http' : undefined),
  load: (id) =>
    id === 'lazy:http' ? "module.exports = process.getBuiltinModule('node:http')" : undefined,
}
