import type { AppSpec } from '../app.ts'
import { runRelease } from '../run-release.ts'
import { logHint } from '../slots/log-hint.ts'
import { orderOf } from './order-of.ts'
import type { StepContext } from './next-step.ts'

/** Of what a job prints: who runs it hands all of it on. */
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
  const name = `release-${stored.generation}`
  return runRelease(
    command,
    (output) =>
      ports.orchestrator.runOnce(orderOf(app, stored), {
        name,
        command,
        timeoutMs,
        output,
        signal,
      }),
    { progress, hint: (log) => logHint(app, log), mostShown: SHOWN_LINES },
  )
}
