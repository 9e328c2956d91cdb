/** One thing wrong with the config, or remarked of it. Lines and columns count from 1. */
export interface ConfigProblem {
  line: number
  column: number
  /** `apps.api.image`; empty for the file as a whole. */
  path: string
  /** What is wrong, with the value unless that is a secret. */
  message: string
  hint?: string
}

/** What a config that can be taken has remarked of it. */
export interface Remarks {
  /** Right and unwise. */
  warnings: readonly ConfigProblem[]
  /** Right, and good to know: what is passed over, or made by Docker. */
  notices: readonly ConfigProblem[]
  /** The files that it names and that are a part of it: secrets, certificates, what containers and Nginx read. */
  files: readonly string[]
}

/** Everything wrong with a config, one line each: `file:line:column: path: message; hint`. */
export class ConfigError extends Error {
  readonly file: string
  readonly problems: readonly ConfigProblem[]

  constructor(file: string, problems: readonly ConfigProblem[]) {
    super(problems.map((problem) => describeProblem(file, problem)).join('\n'))
    this.name = 'ConfigError'
    this.file = file
    this.problems = problems
  }
}

/** `file:line:column: path: message; hint`, on one line. */
export function describeProblem(
  file: string,
  { line, column, path, message, hint }: ConfigProblem,
): string {
  const where = line === 0 ? file : `${file}:${line}:${column}`
  const text = `${where}: ${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : `; ${hint}`}`
  // keys are the user's: a line end in one must not make two problems of it
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}')
}
