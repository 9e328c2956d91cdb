import type { getInput } from '@actions/core'
import { MAX_DURATION_MS, parseDuration } from '../protocol/duration.ts'
import { ActionError } from './error.ts'
import { type ListForm, parseLines, parseList } from './lists.ts'

/** Reads inputs in the forms that they have. An empty one is its fallback, also without `action.yml` applied. */
export interface InputReader {
  text: (name: string, fallback?: string) => string
  /** White space belongs to it. */
  untrimmed: (name: string, fallback?: string) => string
  /** Items one a line, which may hold commas. */
  lines: (name: string, form?: Pick<ListForm, 'keepQuotes' | 'keepSpace'>) => string[]
  /** Items that commas or line ends separate. */
  items: (name: string) => string[]
  /** Lines with fields. */
  rows: (name: string) => string[][]
  boolean: (name: string, fallback: boolean) => boolean
  /** In milliseconds. */
  duration: (name: string, fallback: string) => number
}

/** @param input gives an input's text; `''` for none. */
export const createReader = (input: typeof getInput): InputReader => {
  const text = (name: string, fallback = '') => input(name) || fallback
  const untrimmed = (name: string, fallback = '') =>
    input(name, { trimWhitespace: false }) || fallback
  return {
    text,
    untrimmed,
    lines: (name, form = {}) =>
      parseList(form.keepSpace === true ? untrimmed(name) : text(name), {
        name,
        keepCommas: true,
        ...form,
      }),
    items: (name) => parseList(text(name), { name, keepCommas: false }),
    rows: (name) => parseLines(text(name), name),
    boolean: (name, fallback) => readBoolean(name, text(name, String(fallback))),
    duration: (name, fallback) => readDuration(name, text(name, fallback)),
  }
}

/** Booleans of YAML 1.2's core schema, as every GitHub Action reads them. */
function readBoolean(name: string, text: string): boolean {
  if (['true', 'True', 'TRUE'].includes(text)) return true
  if (['false', 'False', 'FALSE'].includes(text)) return false
  throw new ActionError('bad_input', `input ${name}: "${text}" is not a boolean`, {
    hint: 'Write true or false.',
  })
}

function readDuration(name: string, text: string): number {
  const ms = parseDuration(text)
  // timers take whole milliseconds
  if (ms !== undefined && ms > 0 && ms <= MAX_DURATION_MS) return Math.ceil(ms)
  throw new ActionError('bad_input', `input ${name}: "${text}" is not a duration`, {
    hint: 'Write a number with its unit, as 90s, 10m or 1h30m; at most 596h.',
  })
}
