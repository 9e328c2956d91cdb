import {
  type Document,
  isCollection,
  isScalar,
  type LineCounter,
  visit,
  type YAMLError,
} from 'yaml'
import type { ConfigProblem } from './problems.ts'

/**
 * What is wrong with a file as YAML, with its place and the remedy. Of values nothing is shown but what makes them wrong: they may
 * be secrets. After the first mistake most others are its consequences, so it is told alone, and with it keys that stand twice.
 */
export function yamlProblems(
  document: Document.Parsed,
  source: string,
  lines: LineCounter,
): ConfigProblem[] {
  // warnings too: an unknown tag would swallow a text that begins with !
  const all = [...document.errors, ...document.warnings]
  const twice = all.filter(({ code }) => code === 'DUPLICATE_KEY')
  const first = all.find(({ code }) => code !== 'DUPLICATE_KEY')
  return [...(first === undefined ? [] : [first]), ...twice].map((error) => {
    const { at = error.pos[0], message, hint } = wordsOf(error, { document, source, lines })
    const { line, col } = lines.linePos(at)
    return { line, column: col, path: '', message, hint }
  })
}

interface Words {
  /** Where it is, if not where the parser noticed. */
  at?: number | undefined
  message: string
  hint: string
}

interface File {
  document: Document.Parsed
  source: string
  lines: LineCounter
}

function wordsOf(error: YAMLError, file: File): Words {
  const { message, pos } = error
  const code: string = error.code
  const text = lineAt(file.source, pos[0])
  const key = keyIn(text)
  switch (code) {
    case 'TAB_AS_INDENT':
      return {
        message: `a tab indents ${JSON.stringify(key ?? 'this line')}`,
        hint: 'indent by blanks, two for each level',
      }
    case 'DUPLICATE_KEY': {
      const before = lineOfTwin(file, pos[0])
      return {
        message: `the key ${JSON.stringify(key ?? '')} is there already${before === undefined ? '' : `, in line ${before}`}`,
        hint: 'keep one of them, with what stands below both',
      }
    }
    case 'MISSING_CHAR':
    case 'BAD_INDENT': {
      const opened = openedAt(file, pos[0])
      const opening = opened === undefined ? '' : (file.source[opened] ?? '')
      if (/^Missing closing|^Flow/.test(message) && opening in CLOSING) {
        return {
          at: opened,
          message: `the ${opening} that is opened here is not closed`,
          hint: `write ${CLOSING[opening]} where it ends`,
        }
      }
      if (code === 'MISSING_CHAR') return withoutColon(text)
      const indent = text.length - text.trimStart().length
      return {
        at: pos[0] - columnOf(file.source, pos[0]) + indent,
        message: `${JSON.stringify(key ?? text.trim().slice(0, 1))} begins in column ${indent + 1}, and what it stands beside in another one`,
        hint: 'let all keys of a mapping begin in the same column, two blanks a level',
      }
    }
    case 'BLOCK_AS_IMPLICIT_KEY': {
      if (message.startsWith('A block sequence')) {
        return {
          message: `the list of ${JSON.stringify(key ?? '')} begins further left than it`,
          hint: `let each - begin in the column of ${key ?? 'its key'}, or two blanks further right`,
        }
      }
      const value = text.slice(columnOf(file.source, pos[0]))
      if (/: |:$/.test(value.trim())) {
        return {
          message: `the value of ${JSON.stringify(key ?? '')} has a colon with a blank behind it`,
          hint: `put quotes around it: ${key ?? 'key'}: '…'`,
        }
      }
      const next = nextLine(file.source, pos[0])
      return {
        at: next.at,
        message: `${JSON.stringify(keyIn(next.text) ?? '')} is indented further than ${JSON.stringify(key ?? '')}, which has a value already`,
        hint: `let it begin in the column of ${key ?? 'the line above'}`,
      }
    }
    case 'MULTILINE_IMPLICIT_KEY':
      return withoutColon(text)
    case 'BAD_SCALAR_START':
    case 'TAG_RESOLVE_FAILED':
      return {
        message: `the value ${key === undefined ? '' : `of ${JSON.stringify(key)} `}begins with ${file.source[pos[0]] ?? ''}, which YAML takes for a sign of its own`,
        hint: `put quotes around it: '${file.source[pos[0]] ?? ''}…'`,
      }
    case 'BAD_DQ_ESCAPE':
      return {
        message: `${file.source.slice(pos[0], pos[0] + 2)} means nothing between double quotes`,
        hint: "write \\\\ for a backslash, or put single quotes ' around it",
      }
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second document begins here',
        hint: 'a file has one config: take the --- or ... above it out',
      }
    case 'BLOCK_IN_FLOW':
      return {
        message: 'a comma is missing before this, or quotes around a text with a colon in it',
        hint: 'write { a: 1, b: 2 }, and \'…\' around a text with ": " in it',
      }
    case 'BAD_DIRECTIVE':
      return { message: 'a line begins with %', hint: 'take it out, or put it in quotes' }
    default:
      return unexpected(error, text, key)
  }
}

function unexpected({ message }: YAMLError, text: string, key: string | undefined): Words {
  if (message.includes('block-seq-ind')) {
    return {
      message: `the list of ${JSON.stringify(key ?? '')} begins in the line of its key`,
      hint: `write - on a line of its own below ${key ?? 'it'}, or [a, b]`,
    }
  }
  const closing = /flow-(?:seq|map)-end token/.test(message)
    ? /"([\]}])"/.exec(message)?.[1]
    : undefined
  if (closing !== undefined) {
    return {
      message: `there is a ${closing} too many`,
      hint: 'take it out, or put the text in quotes',
    }
  }
  if (/^[^:]+: *["']/.test(text)) {
    return {
      message: `something stands behind the value of ${JSON.stringify(key ?? '')}, which a quote closed`,
      hint: 'put quotes around all of it; within single quotes a quote is written twice',
    }
  }
  return {
    message: `${key === undefined ? 'this' : JSON.stringify(key)} does not go with what stands above it`,
    hint: 'indent by two blanks a level, and put texts with signs like : # { [ > in quotes',
  }
}

/** A line that is to be a key and is none. What stands behind a colon may be a secret. */
function withoutColon(text: string): Words {
  const [before = '', ...rest] = text.trim().replace(/^- /, '').split(':')
  const name = (before.split(/\s/, 1)[0] ?? '').slice(0, MAX_KEY)
  const shown = JSON.stringify(name)
  return rest.length > 0 && rest[0] !== ''
    ? {
        message: `there is no blank behind the colon of ${shown}`,
        hint: `write ${name}: …`,
      }
    : { message: `there is no colon behind ${shown}`, hint: `write ${name}: …` }
}

const MAX_KEY = 40
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '{': '}', '[': ']' }

/** Where what is still open at a place was opened. */
function openedAt({ document }: File, place: number): number | undefined {
  let opened: number | undefined
  visit(document, {
    Node(_, node) {
      const isOpenable =
        (isScalar(node) && String(node.type).startsWith('QUOTE')) ||
        (isCollection(node) && node.flow === true)
      const [from = 0, to = 0] = node.range ?? []
      if (isOpenable && from < place && to >= place - 1) opened = from
    },
  })
  return opened
}

/** The line above in which the same key stands on the same level. */
function lineOfTwin({ source, lines }: File, place: number): number | undefined {
  const own = lineAt(source, place)
  const head = own.slice(0, own.indexOf(':') + 1)
  const { line } = lines.linePos(place)
  const before = source.split('\n').slice(0, line - 1)
  const at = before.findLastIndex((each) => each.startsWith(head))
  return at === -1 || head === '' ? undefined : at + 1
}

function keyIn(text: string): string | undefined {
  const [before = ''] = /^[^:]+(?=:(?:\s|$))/.exec(text) ?? []
  const key = before.trim().replace(/^(?:- +)+/, '')
  const bare = /^(["'])(.*)\1$/.exec(key)?.[2] ?? key
  return /^[^"'{[][^"']{0,80}$/.test(bare) ? bare.trim() : undefined
}

const columnOf = (source: string, at: number) => at - (source.lastIndexOf('\n', at - 1) + 1)

function lineAt(source: string, at: number): string {
  const from = at - columnOf(source, at)
  const end = source.indexOf('\n', from)
  return source.slice(from, end === -1 ? undefined : end).replace(/\r$/, '')
}

/** The next line that says something, and where it does. */
function nextLine(source: string, at: number): { text: string; at: number } {
  let from = source.indexOf('\n', at)
  while (from !== -1) {
    const text = lineAt(source, from + 1)
    if (/^\s*[^\s#]/.test(text)) {
      return { text, at: from + 1 + text.length - text.trimStart().length }
    }
    from = source.indexOf('\n', from + 1)
  }
  return { text: '', at }
}
