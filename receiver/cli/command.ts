import { Command, Help, InvalidArgumentError, Option } from 'commander'

/** What every command may be given, before or behind its name. */
export interface Given {
  config: string
}

/** Lines of a command that a reader can type as they are, each with what it is good for. */
export type Examples = readonly (readonly [line: string, what: string])[]

const examples = new WeakMap<Command, Examples>()

/**
 * A command with a line that says what it does. Its examples stand below its help, and in the man page.
 * @param name also says what it takes: `deploy <app> [image]`
 */
export function command(name: string, summary: string, shown: Examples = []): Command {
  const [first = '', ...words] = name.split(' ')
  const made = new Command(first).summary(summary).description(sentence(summary))
  for (const word of words) made.argument(word, WORDS[word] ?? '')
  examples.set(made, shown)
  return shown.length === 0 ? made : made.addHelpText('after', () => describeExamples(shown))
}

/** What each is good for stands beside it, or below where a line would be broken. */
function describeExamples(shown: Examples): string {
  const most = process.stdout.columns ?? HELP_WIDTH
  const width = Math.max(...shown.map(([line]) => line.length))
  const help = Object.assign(new Help(), { minWidthToWrap: 1 })
  const isWide = shown.every(([, what]) => what.length + width + 4 <= most)
  const lines = shown.map(([line, what]) => {
    if (what === '') return `  ${line}`
    if (isWide) return `  ${line.padEnd(width)}  ${what}`
    // a line to copy stays whole
    const words = help.boxWrap(what, most - MARGIN).split('\n')
    return [`  ${line}`, ...words.map((part) => `${' '.repeat(MARGIN)}${part}`)].join('\n')
  })
  return `\nExamples:\n${lines.join('\n')}`
}

const MARGIN = 6
/** As commander has it without a terminal. */
const HELP_WIDTH = 80

const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`

export const examplesOf = (of: Command): Examples => examples.get(of) ?? []

const WORDS: Readonly<Record<string, string>> = {
  '<app>': 'an app of the config',
  '[app]': 'one app; without it: all',
  '[image]': 'a tag of its repository, or a reference; without it: the tag that the app follows',
  '[to]': 'a digest or its first digits, a deployment or a tag; without it: the digest before',
  '<file>': 'a backup, by its path',
  '<deployment>': 'the id of one or its beginning; an app: its newest',
  '<arguments...>': 'what docker compose is to do, behind --',
  '<command...>': 'the program and its arguments, behind --',
  '[on|off]': 'without it: says which one it is',
}

export const jsonOption = (): Option => new Option('--json', 'print JSON, for programs')

export const limitOption = (): Option =>
  new Option('-n, --limit <count>', 'at most so many, the newest').default(20).argParser(count)

/** As many as the receiver gives at once. */
const MOST = 200

function count(text: string): number {
  const number = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= MOST) return number
  throw new InvalidArgumentError(`It is a whole number from 1 to ${MOST}.`)
}

/** What a command does: it resolves to its exit status, 0 done, 1 failed, 2 wrong usage. */
export const exits =
  <Words extends unknown[]>(run: (...words: Words) => Promise<number>) =>
  async (...words: Words): Promise<void> => {
    process.exitCode = await run(...words)
  }
