import { dirname, matchesGlob, resolve } from 'node:path'
import { SERVED_PATH } from '../render/served.ts'

/** A server block of Nginx's config. */
export interface ServerBlock {
  /** The file that it stands in. */
  file: string
  /** The values of its `listen`. */
  listens: readonly string[]
  names: readonly string[]
  /** Those of our addresses that it answers. */
  served: ReadonlySet<string>
  /** The files of which a location asks for each request whether they are there, with the path below which it does. */
  looksAt: readonly { path: string; file: string }[]
}

export interface Directive {
  name: string
  args: readonly string[]
  file: string
  block?: Directive[]
}

/** By these Nginx knows a pattern (`ngx_conf_include`). All else is one file's name: each app has some, and is not to be compared with all files. */
const GLOB = /[*?[]/

/** More levels of files than anybody has; a file may include itself. */
const MOST_LEVELS = 20

/**
 * The server blocks for HTTP in what `nginx -T` prints, in their order, with all that they include; `undefined` when it printed
 * no file.
 */
export function serverBlocks(dump: string): ServerBlock[] | undefined {
  const read = readDump(dump)
  return read === undefined ? undefined : blocksOf(read)
}

/** The same, of what was read already. */
export function blocksOf({ within, http }: Dump): ServerBlock[] {
  const looks = (directives: readonly Directive[]): ServerBlock['looksAt'] =>
    within(directives)
      .filter(({ name }) => name === 'location')
      .flatMap(({ args, block = [] }) => {
        const own = within(block)
        const path = args.at(-1) ?? ''
        // below a pattern or a name there is no path that could be asked for
        const isPath = !args.some((arg) => arg.startsWith('~')) && !path.startsWith('@')
        const looked = (isPath ? own : []).flatMap(({ name, args: [, file = ''] }) =>
          name === 'if' && file.endsWith(')') ? [{ path, file: file.slice(0, -1) }] : [],
        )
        return [...looked, ...looks(own)]
      })
  return http
    .filter(({ name, block }) => name === 'server' && block !== undefined)
    .map(({ block = [], file }) => {
      const own = within(block)
      const values = (name: string) => own.filter((each) => each.name === name)
      return {
        file,
        listens: orDefault(values('listen').map(({ args }) => args.join(' '))),
        names: values('server_name').flatMap(({ args }) => args.map((arg) => arg.toLowerCase())),
        served: new Set(
          values('location').flatMap(({ args: [kind, path = ''] }) =>
            kind === '=' && path.startsWith(SERVED_PATH) ? [path] : [],
          ),
        ),
        looksAt: looks(block),
      }
    })
}

/** The values of each `access_log` that holds for all of HTTP, but for those in files that are ours. */
export const accessLogs = (
  { http }: Dump,
  isOurs: (file: string) => boolean,
): (readonly string[])[] =>
  http.filter(({ name, file }) => name === 'access_log' && !isOurs(file)).map(({ args }) => args)

/** What `nginx -T` printed. */
export interface Dump {
  /** What stands in `http { }`, with all that is included there. */
  http: readonly Directive[]
  /** Resolves the includes of a block. */
  within(directives: readonly Directive[]): Directive[]
}

/** `undefined` when it printed no file. */
export function readDump(dump: string): Dump | undefined {
  const files = filesIn(dump)
  const main = files.keys().next().value
  if (main === undefined) return undefined
  const parsed = new Map([...files].map(([file, text]) => [file, parse(text, file)]))
  const included = (path: string): Directive[][] =>
    GLOB.test(path)
      ? [...parsed].flatMap(([file, each]) => (matchesGlob(file, path) ? [each] : []))
      : [parsed.get(path) ?? []]
  const within = (directives: readonly Directive[], levels = 0): Directive[] =>
    directives.flatMap((each) => {
      const [pattern] = each.args
      if (each.name !== 'include' || pattern === undefined) return [each]
      if (levels === MOST_LEVELS) return []
      return included(resolve(dirname(main), pattern)).flatMap((file) => within(file, levels + 1))
    })
  const http = within(parsed.get(main) ?? [])
    .filter(({ name }) => name === 'http')
    .flatMap(({ block = [] }) => within(block))
  return { within, http }
}

/** Those in one file that `http { }` includes; of what it includes itself, only these are known. */
export const serverBlocksIn = (
  file: string,
  text: string,
  included: Readonly<Record<string, string>> = {},
): ServerBlock[] => {
  const files = Object.entries({ [file]: `http {\n${text}\n}`, ...included })
  return serverBlocks(files.map(([name, each]) => `${headingOf(name)}\n${each}\n`).join('')) ?? []
}

const headingOf = (file: string) => `# configuration file ${file}:`

const orDefault = (listens: readonly string[]) => (listens.length === 0 ? ['80'] : listens)

const HEADING = /^# configuration file (.+):$/

function filesIn(dump: string): Map<string, string> {
  const files = new Map<string, string[]>()
  let lines: string[] | undefined
  // through a terminal, as by `docker exec -t`, lines end in two characters
  for (const line of dump.split(/\r?\n/)) {
    const [, file] = HEADING.exec(line) ?? []
    if (file === undefined) lines?.push(line)
    else files.set(file, (lines = []))
  }
  return new Map([...files].map(([file, all]) => [file, all.join('\n')]))
}

/** Directives of a text of which Nginx says that it is right. What a block of Lua holds means nothing here. */
function parse(text: string, file: string): Directive[] {
  const top: Directive[] = []
  const open = [top]
  let words: string[] = []
  for (const token of tokensOf(text)) {
    if (token !== ';' && token !== '{' && token !== '}') {
      words.push(unquoted(token))
      continue
    }
    const [name, ...args] = words
    words = []
    const directive: Directive | undefined = name === undefined ? undefined : { name, args, file }
    if (directive !== undefined && token !== '}') open.at(-1)?.push(directive)
    if (token === '{') {
      const block: Directive[] = []
      if (directive !== undefined) directive.block = block
      open.push(block)
    }
    if (token === '}' && open.length > 1) open.pop()
  }
  return top
}

/** A comment, a quoted word, a mark, or a word, in which a brace belongs to a variable. */
const TOKEN =
  /#[^\n]*|"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[;{}]|(?:\$\{[^{}\s]*\}|\\[^]|[^\s;{}\\])+/g

const tokensOf = (text: string): string[] =>
  (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('#'))

/** Most words are plain. */
const unquoted = (token: string) =>
  token.startsWith('"') || token.startsWith("'") ? token.replace(/^(["'])([^]*)\1$/, '$2') : token
