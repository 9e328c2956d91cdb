import { existsSync, readFileSync } from 'node:fs'

const LOOK_MS = 500
const SHELLS = new Set(['sh', 'dash', 'bash'])

/**
 * Ends this process when one of those is gone that `npm test`, `npx` or script/test put between it and whoever started
 * the run: killed, they leave it behind, and it would go on for an hour with nobody to read what it says. Keepers then
 * clear away what it started.
 */
export function endWithRunners(): void {
  const runners = runnersOf(process.ppid, process.env)
  const timer = setInterval(() => {
    const gone = runners.find((pid) => !existsSync(`/proc/${pid}/exe`))
    if (gone === undefined) return
    process.stderr.write(`process ${gone}, which started these tests, is gone: they end here\n`)
    process.kill(process.pid, 'SIGKILL')
  }, LOOK_MS)
  timer.unref()
}

/** Up to npm itself; without npm script/test alone. A shell that somebody types in may end before its jobs. */
export function runnersOf(parent: number, env: NodeJS.ProcessEnv): number[] {
  if (env['npm_command'] === undefined) {
    return read(parent, 'cmdline').includes('script/test') ? [parent] : []
  }
  const runners: number[] = []
  for (let pid = parent; pid > 1;) {
    runners.push(pid)
    if (!SHELLS.has(read(pid, 'comm').trim())) return runners
    pid = Number(/^PPid:\s+(\d+)$/m.exec(read(pid, 'status'))?.[1])
  }
  return runners
}

const read = (pid: number, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
