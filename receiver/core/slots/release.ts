import { imageOf } from '../journal.ts'
import { runRelease } from '../run-release.ts'
import { logHint } from './log-hint.ts'
import type { StepContext } from './next-step.ts'
import { claimVolumes } from './volumes.ts'

/** The step `release`: a command that runs once in the new image, to its end, before anything of it starts. */
export async function release({
  app,
  stored,
  world,
  ports,
  progress,
  signal,
}: StepContext): Promise<string> {
  if (app.release === undefined) return 'nothing to run'
  const { command, timeoutMs } = app.release
  const image = imageOf(stored)
  const volumes = await claimVolumes(app, image, world, ports)
  const plan = {
    app,
    generation: stored.generation,
    ...image,
    command,
    timeoutMs,
    volumes: volumes.filter(({ replica }) => replica === 1),
  }
  return runRelease(command, (output) => ports.engine.runOnce(plan, { output, signal }), {
    progress,
    hint: (log) => logHint(app, log),
  })
}
