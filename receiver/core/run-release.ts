import { DeployError } from './errors.ts'
import type { Progress } from './rollout.ts'

const LOG_LINES = 50

/**
 * Runs a release command to its end by `run`, which hands on what it prints. Resolves to a line about it. Throws `release_failed`, with
 * the last lines and where else to look, when it exits with an error.
 */
export async function runRelease(
  command: readonly string[],
  run: (output: (line: string) => void) => Promise<{ exitCode: number }>,
  {
    progress,
    hint,
    mostShown = Infinity,
  }: {
    progress: Progress
    hint: (log: readonly string[]) => string
    /** Lines; each one is kept in the store. */
    mostShown?: number
  },
): Promise<string> {
  const last: string[] = []
  let shown = 0
  const { exitCode } = await run((message) => {
    if (last.push(message) > LOG_LINES) last.shift()
    if (++shown <= mostShown) progress({ message })
  })
  if (exitCode === 0) return `${command.join(' ')}: done`
  throw new DeployError(
    'release_failed',
    `the release command ${JSON.stringify(command.join(' '))} exited with code ${exitCode}`,
    { hint: `${hint(last)}; the old version serves on`, log: last },
  )
}
