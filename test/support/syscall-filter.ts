import { execFileSync } from 'node:child_process'
import { UNIT } from './unit.ts'

/** The system calls that the unit's `SystemCallFilter` lines allow, by the sets that `systemd-analyze` knows. */
export function allowedCalls(): Set<string> {
  const sets = readSets()
  const allowed = new Set<string>()
  for (const [, forbids, words = ''] of UNIT.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const call of words.split(' ').flatMap((word) => callsOf(word, sets))) {
      if (forbids === '~') allowed.delete(call)
      else allowed.add(call)
    }
  }
  return allowed
}

/** Each set is its name, and below it calls and other sets, set in. */
function readSets(): Map<string, string[]> {
  const text = execFileSync('systemd-analyze', ['--no-pager', 'syscall-filter'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Map(
    text.split(/^(?=@)/m).map((section) => {
      const [name = '', ...lines] = section.split('\n')
      return [name, lines.map((line) => line.trim()).filter((line) => /^@?\w/.test(line))]
    }),
  )
}

const callsOf = (word: string, sets: ReadonlyMap<string, string[]>): string[] =>
  word.startsWith('@') ? (sets.get(word) ?? []).flatMap((each) => callsOf(each, sets)) : [word]
