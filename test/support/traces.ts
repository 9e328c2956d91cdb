import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A living process that belongs to a directory. */
export interface Trace {
  pid: number
  program: string
  /** Of an engine: itself, its containerd, a shim, or what runs in a container. */
  isEngine: boolean
}

interface Process {
  pid: number
  parent: number
  program: string
  arguments: readonly string[]
  directory: string
  cgroups: string
}

/** Those that wait to clear the directory away name it too. */
const KEEPER = 'keeper.ts'
const ENGINE = /^(?:dockerd|containerd(?:-shim.*)?)$/

/**
 * The processes that work in a directory, have a path below it among their arguments, run in a container of an engine
 * whose store it holds, or descend from such a one; with `environments` also those to which it was handed down in a
 * variable. Found by looking, so it does not matter who started them, and whether anybody wrote it down. This process,
 * those from which it descends and keepers are left out.
 */
export function tracesOf(
  dir: string,
  { containers, environments }: { containers: readonly string[]; environments: boolean },
): Trace[] {
  const all = processes()
  const byPid = new Map(all.map((each) => [each.pid, each]))
  const spared = new Set(all.filter((each) => each.arguments.some(isKeeper)).map(({ pid }) => pid))
  for (let pid = process.pid; pid > 0; pid = byPid.get(pid)?.parent ?? 0) spared.add(pid)

  const found = new Map<number, Trace>()
  const names = (text: string) =>
    text.startsWith(dir) || text.includes(`=${dir}`) || text.includes(`//${dir}`)
  for (const { pid, program, arguments: words, directory, cgroups } of all) {
    if (spared.has(pid)) continue
    const contained = containers.some((id) => cgroups.includes(id))
    const isNamed = directory.startsWith(dir) || words.some(names)
    if (!contained && !isNamed && !(environments && environmentOf(pid).some(names))) continue
    found.set(pid, { pid, program, isEngine: contained || ENGINE.test(program) })
  }
  // until no child of one of them is new
  for (let size = -1; size < found.size;) {
    size = found.size
    for (const { pid, program, parent } of all) {
      const above = found.get(parent)
      if (above === undefined || spared.has(pid) || found.has(pid)) continue
      found.set(pid, { pid, program, isEngine: above.isEngine })
    }
  }
  return [...found.values()]
}

const isKeeper = (word: string) => basename(word) === KEEPER

const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return processOf(Number(name))
      } catch {
        // it ended in this moment
        return []
      }
    })

function processOf(pid: number): Process[] {
  // fields follow the program's name, which may itself hold blanks and brackets: proc_pid_stat(5)
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const end = stat.lastIndexOf(') ')
  const [state, parent] = stat.slice(end + 2).split(' ')
  if (state === 'Z' || state === 'X') return []
  const read = (file: string) => readFileSync(join('/proc', String(pid), file), 'utf8')
  return [
    {
      pid,
      parent: Number(parent),
      program: stat.slice(stat.indexOf('(') + 1, end),
      arguments: read('cmdline').split('\0'),
      directory: linkOf(`/proc/${pid}/cwd`),
      cgroups: read('cgroup'),
    },
  ]
}

/** Nothing for a process that we may not look into. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}
