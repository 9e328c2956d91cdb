import { DeployError } from '../errors.ts'
import { imageOf } from '../journal.ts'
import type { StepContext } from '../slots/next-step.ts'
import { volumesOf } from './service-app.ts'

const LOG_LINES = 50

/**
 * The step `migrate`: the services of the repository that others wait for to complete run once, one after the other, in the new
 * image, before anything of it starts.
 */
export async function migrate({
  app,
  stored,
  ports,
  progress,
  signal,
}: StepContext): Promise<string> {
  const { oneOffs = [], oneOffMs = 0 } = app.project ?? {}
  const image = imageOf(stored)
  for (const service of oneOffs) {
    const last: string[] = []
    const volumes = await volumesOf(app, service, image, ports)
    const plan = {
      app,
      service,
      deployment: stored.deployment.id,
      generation: stored.generation,
      replica: 1,
      ...image,
      volumes: volumes.filter(({ replica }) => replica === 1),
    }
    const { exitCode } = await ports.engine.runService(plan, {
      timeoutMs: oneOffMs,
      output(message) {
        if (last.push(message) > LOG_LINES) last.shift()
        progress({ message: `${service.name}: ${message}` })
      },
      signal,
    })
    if (exitCode === 0) continue
    throw new DeployError(
      'release_failed',
      `the service ${service.name}, which runs once before the start, exited with code ${exitCode}`,
      { hint: 'its last lines say why; the old version serves on', log: last },
    )
  }
  return oneOffs.map(({ name }) => `${name}: done`).join(', ')
}
