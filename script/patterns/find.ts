import { type ESTree, parseSync, Visitor } from 'rolldown/utils'

/** A regular expression of a source file, or the making of one whose source is not known before it runs. */
export interface Pattern {
  file: string
  line: number
  /** As a literal writes it, `/…/flags`; of one that cannot be read, the expression that makes it. */
  text: string
  /** Nothing when it cannot be read. */
  regex?: { source: string; flags: string }
}

/** Every regular expression of a TypeScript file: its literals, and what it gives to `RegExp`. */
export function patternsOf(file: string, text: string): Pattern[] {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`)
  const found: Pattern[] = []
  const constants = new Map<string, ESTree.Expression>()
  const made: (ESTree.CallExpression | ESTree.NewExpression)[] = []
  const lineOf = (at: number) => text.slice(0, at).split('\n').length
  const note = (at: number, regex: { source: string; flags: string }) =>
    found.push({ file, line: lineOf(at), text: `/${regex.source}/${regex.flags}`, regex })
  const noteMaking = (node: ESTree.CallExpression | ESTree.NewExpression) => {
    if (node.callee.type === 'Identifier' && node.callee.name === 'RegExp') made.push(node)
  }
  new Visitor({
    Literal(node) {
      if ('regex' in node) note(node.start, { source: node.regex.pattern, flags: node.regex.flags })
    },
    VariableDeclaration({ kind, declarations }) {
      if (kind !== 'const') return
      for (const { id, init } of declarations) {
        if (id.type === 'Identifier' && init !== null) constants.set(id.name, init)
      }
    },
    CallExpression: noteMaking,
    NewExpression: noteMaking,
  }).visit(program)
  for (const { start, end, arguments: given } of made) {
    const [source, flags] = given.map((each) => textOf(each, constants))
    // a literal within is one of those above
    if (source !== undefined && (given.length === 1 || flags !== undefined)) {
      note(start, { source, flags: flags ?? '' })
    } else {
      found.push({ file, line: lineOf(start), text: text.slice(start, end) })
    }
  }
  return found.sort((one, other) => one.line - other.line)
}

/** The text that an expression of literals, templates and constants of its file stands for. */
function textOf(
  node: ESTree.Argument,
  constants: ReadonlyMap<string, ESTree.Expression>,
): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined
  if (node.type === 'Identifier') {
    const value = constants.get(node.name)
    return value === undefined ? undefined : textOf(value, constants)
  }
  if (node.type === 'TemplateLiteral') return filled(node, 'cooked', constants)
  return node.type === 'TaggedTemplateExpression' && isRaw(node.tag)
    ? filled(node.quasi, 'raw', constants)
    : undefined
}

/** `String.raw`. */
const isRaw = (tag: ESTree.Expression) =>
  tag.type === 'MemberExpression' &&
  tag.object.type === 'Identifier' &&
  tag.object.name === 'String' &&
  tag.property.type === 'Identifier' &&
  tag.property.name === 'raw'

function filled(
  { quasis, expressions }: Extract<ESTree.Expression, { type: 'TemplateLiteral' }>,
  form: 'raw' | 'cooked',
  constants: ReadonlyMap<string, ESTree.Expression>,
): string | undefined {
  const values = expressions.map((each) => textOf(each, constants))
  if (values.includes(undefined)) return undefined
  return quasis.map(({ value }, index) => `${value[form] ?? ''}${values[index] ?? ''}`).join('')
}
