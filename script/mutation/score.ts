import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { MutantResult } from '@stryker-mutator/api/core'
import { table } from './table.ts'
import { ROOT, ROOTS } from './roots.ts'

/** What came of the faults in a file or folder. */
interface Tally {
  noticed: number
  timedOut: number
  survived: number
  /** No test runs the place at all. */
  unreached: number
}

const FIELD_OF: Partial<Record<MutantResult['status'], keyof Tally>> = {
  Killed: 'noticed',
  // an error outside any test fails a run of the tests as well
  RuntimeError: 'noticed',
  Timeout: 'timedOut',
  Survived: 'survived',
  NoCoverage: 'unreached',
}
const TOTAL = 'total'
const MAX_EXCERPT_CHARACTERS = 70

/** Prints what came of each file, each folder and all, and returns the share that was noticed; none when there was no fault. */
export function printScore(results: readonly MutantResult[]): number | undefined {
  const tallies = new Map<string, Tally>()
  for (const { fileName, status } of results) {
    const field = FIELD_OF[status]
    if (field === undefined) continue
    for (const place of placesOf(relative(ROOT, fileName))) {
      const tally = tallies.get(place) ?? { noticed: 0, timedOut: 0, survived: 0, unreached: 0 }
      tally[field] += 1
      tallies.set(place, tally)
    }
  }
  const total = tallies.get(TOTAL)
  if (total === undefined) return undefined
  tallies.delete(TOTAL)
  const rows = [...tallies].sort(([one], [other]) => (one < other ? -1 : 1))
  table(
    ['', 'score', 'noticed', 'timed out', 'survived', 'no test'],
    [...rows, [TOTAL, total] as const].map(([place, tally]) => [
      place,
      percent(shareNoticed(tally)),
      ...[tally.noticed, tally.timedOut, tally.survived, tally.unreached].map(String),
    ]),
  )
  return shareNoticed(total)
}

/** One line for each fault that no test noticed, in the order of the sources. */
export function printSurvivors(results: readonly MutantResult[]): void {
  const sources = new Map<string, string[]>()
  const linesOf = (file: string): string[] => {
    const lines = sources.get(file) ?? readFileSync(file, 'utf8').split('\n')
    sources.set(file, lines)
    return lines
  }
  const survivors = results
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .toSorted(
      (one, other) =>
        Number(one.fileName > other.fileName) - Number(one.fileName < other.fileName) ||
        Number(one.id) - Number(other.id),
    )
  for (const { fileName, location, mutatorName, replacement, status } of survivors) {
    const before = excerpt(written(linesOf(fileName), location))
    const place = `${relative(ROOT, fileName)}:${location.start.line}:${location.start.column}`
    const why = status === 'NoCoverage' ? ', which no test runs' : ''
    console.log(`${place}  ${mutatorName}${why}: ${before} → ${excerpt(replacement)}`)
  }
}

export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`

function shareNoticed({ noticed, timedOut, survived, unreached }: Tally): number {
  return (noticed + timedOut) / (noticed + timedOut + survived + unreached)
}

/** A file, the folders around it up to one of the roots, and the whole. */
function placesOf(file: string): string[] {
  const places = [file]
  let folder = dirname(file)
  while (ROOTS.some((root) => folder.startsWith(root))) {
    places.push(`${folder}/`)
    folder = dirname(folder)
  }
  return [...places, TOTAL]
}

/** The text at a place whose lines and columns begin with 1. */
function written(lines: readonly string[], { start, end }: MutantResult['location']): string {
  const text = lines.slice(start.line - 1, end.line)
  const last = text.pop() ?? ''
  return [...text, last.slice(0, end.column - 1)].join('\n').slice(start.column - 1)
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= MAX_EXCERPT_CHARACTERS ? line : `${line.slice(0, MAX_EXCERPT_CHARACTERS)}…`
}
