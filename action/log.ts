import { AsyncLocalStorage } from 'node:async_hooks'
import * as core from '@actions/core'

/** Whom what is said is about, while several things go on at once. */
const subject = new AsyncLocalStorage<string>()

/** Whatever `work` says, and all that it calls, begins with this name. */
export const sayingOf = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  subject.run(name, work)

/**
 * Prints text to the job's log, line by line. Whatever it holds (a container's log, a server's words) stays text: it
 * can end no line early and issue no workflow command.
 */
export const say = (text: string): void => {
  for (const line of plainLines(text)) core.info(named(line))
}

/** Prints text like {@link say}, folded under a title. */
export const sayFolded = (title: string, lines: readonly string[]): void => {
  core.startGroup(named(plainLines(title).join(' ')))
  for (const line of lines) say(line)
  core.endGroup()
}

/** A warning with an annotation. */
export const warn = (text: string): void => core.warning(named(plainLines(text).join('\n')))

/** What only who looks for a cause wants to see. */
export const debug = (text: string): void => core.debug(named(plainLines(text).join(' ')))

/** What is worth an annotation, and nothing to worry about. */
export const note = (text: string): void => core.notice(named(plainLines(text).join('\n')))

function named(line: string): string {
  const name = subject.getStore()
  return name === undefined ? line : `${name}  ${line}`
}

/** Hides a secret, and each form in which it travels, from everything printed afterwards. */
export const hide = (...secrets: readonly (string | undefined)[]): void => {
  for (const secret of secrets) if (secret !== undefined && secret !== '') core.setSecret(secret)
}

/**
 * Lines that the runner takes for no command. It reads `::name::` at a line's start, after white space, and
 * `##[name]` anywhere in a line; a zero-width space breaks both and changes nothing for the reader. A carriage return
 * ends a line for the runner too, and other control characters would let a text repaint what was printed before.
 */
export const plainLines = (text: string): string[] =>
  text.split(/\r\n|\r|\n|\u2028|\u2029|\u0085/).map((line) =>
    line
      // oxlint-disable-next-line no-control-regex -- control characters are what is removed
      .replace(/\u001b\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
      .replaceAll('##[', '##\u200b[')
      .replace(/^(\s*)::/, '$1\u200b::'),
  )
