import type { AppSpec } from '../app.ts'
import { DeployError } from '../errors.ts'
import { orderOf } from './order-of.ts'
import type { StepContext } from './next-step.ts'

const LOG_LINES = 50
/** More lines than these are not shown: each one is kept in the store. */
const SHOWN_LINES = 500

/** The step `release`: a command that runs once in the new image, to its end, before anything of it starts. */
export async function release<App extends AppSpec>({
  app,
  stored,
  ports,
  progress,
  signal,
}: StepContext<App>): Promise<string> {
  if (app.release === undefined) return 'nothing to run'
  const { command, timeoutMs } = app.release
  const last: string[] = []
  let shown = 0
  const { exitCode } = await ports.orchestrator.runOnce(orderOf(app, stored), {
    name: `release-${stored.generation}`,
    command,
    timeoutMs,
    output(message) {
      if (last.push(message) > LOG_LINES) last.shift()
      if (++shown <= SHOWN_LINES) progress({ message })
    },
    signal,
  })
  if (exitCode === 0) return `${command.join(' ')}: done`
  throw new DeployError(
    'release_failed',
    `the release command ${JSON.stringify(command.join(' '))} exited with code ${exitCode}`,
    {
      hint: `${last.length > 0 ? 'look at what it printed last' : 'it has printed nothing'}; the old version serves on`,
      log: last,
    },
  )
}
