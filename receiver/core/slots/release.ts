import { DeployError } from '../errors.ts'
import { imageOf } from '../journal.ts'
import { logHint } from './log-hint.ts'
import type { StepContext } from './next-step.ts'
import { claimVolumes } from './volumes.ts'

const LOG_LINES = 50

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
  const last: string[] = []
  const { exitCode } = await ports.engine.runOnce(plan, {
    output(message) {
      if (last.push(message) > LOG_LINES) last.shift()
      progress({ message })
    },
    signal,
  })
  if (exitCode === 0) return `${command.join(' ')}: done`
  throw new DeployError(
    'release_failed',
    `the release command ${JSON.stringify(command.join(' '))} exited with code ${exitCode}`,
    { hint: `${logHint(app, last)}; the old version serves on`, log: last },
  )
}
