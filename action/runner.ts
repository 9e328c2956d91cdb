import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

// The runner's own protocol (docs.github.com, "Workflow commands for GitHub Actions"). It is a dozen lines, and the toolkit for it
// brings an HTTP client that would be most of the bundle and of its start.

/** Hides a value from everything that is printed afterwards. */
export const setSecret = (value: string): void => command('add-mask', {}, value)

/** Prints a line as it is. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`)

export const startGroup = (title: string): void => command('group', {}, title)
export const endGroup = (): void => command('endgroup', {}, '')

/** A message with an annotation. */
export const annotate = (level: 'error' | 'warning', message: string, title?: string): void =>
  command(level, title === undefined ? {} : { title }, message)

/** Lets the step fail, with an annotation that says why. */
export const setFailed = (message: string): void => {
  process.exitCode = 1
  annotate('error', message)
}

export const setOutput = (name: string, value: string | number): void =>
  append('GITHUB_OUTPUT', block(name, String(value)))

/** Keeps a value for the post step. */
export const saveState = (name: string, value: string): void =>
  append('GITHUB_STATE', block(name, value))

/** What the main step kept; `''` for nothing. */
export const getState = (name: string): string => process.env[`STATE_${name}`] ?? ''

/** Adds to the job's summary, Markdown. */
export const addSummary = (markdown: string): void => append('GITHUB_STEP_SUMMARY', markdown)

function command(name: string, properties: Readonly<Record<string, string>>, data: string): void {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  print(`::${name}${given.length === 0 ? '' : ` ${given.join(',')}`}::${escapeData(data)}`)
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** A delimiter that no value holds, so that a value cannot set another one. */
function block(name: string, value: string): string {
  const delimiter = `ghadelimiter_${randomUUID()}`
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}

/** Outside of GitHub there is no such file, and nobody to read it. */
function append(variable: string, text: string): void {
  const file = process.env[variable]
  if (file !== undefined && file !== '') appendFileSync(file, text)
}
