import type Docker from 'dockerode'
import type { ComposeContainer } from '../../core/project/ports.ts'
import { isMissing, translate } from './errors.ts'
import { retryReads } from './retry-reads.ts'

const PROJECT = 'com.docker.compose.project'
const SERVICE = 'com.docker.compose.service'
/** Of a container of `docker compose run`, which is no container of the service. */
const ONE_OFF = 'com.docker.compose.oneoff'

/** The containers that Compose made of a project. Throws `DeployError`. */
export async function projectContainers(
  docker: Docker,
  project: string,
): Promise<ComposeContainer[]> {
  const filters = { label: [`${PROJECT}=${project}`, `${ONE_OFF}=False`] }
  try {
    return await retryReads(async () => {
      const all = await docker.listContainers({ all: true, filters })
      const looked = await Promise.all(all.map(({ Id }) => lookAt(docker, Id)))
      return looked.flat()
    })
  } catch (error) {
    throw translate(error, `cannot list the containers of ${project}`, 'engine_unreachable')
  }
}

async function lookAt(docker: Docker, id: string): Promise<ComposeContainer[]> {
  try {
    const { Name, Config, State } = await docker.getContainer(id).inspect()
    const status = State.Health?.Status
    return [
      {
        name: Name.replace(/^\//, ''),
        service: Config.Labels[SERVICE] ?? '',
        running: State.Running && !State.Paused,
        ended: State.Status === 'exited' || State.Status === 'dead',
        exitCode: State.ExitCode,
        ...(status === 'starting' || status === 'healthy' || status === 'unhealthy'
          ? { health: status }
          : {}),
      },
    ]
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Whether there are networks and volumes of these names, of whomever. Throws `DeployError`. */
export async function areThere(
  docker: Docker,
  { networks, volumes }: { networks: readonly string[]; volumes: readonly string[] },
): Promise<boolean> {
  const isThere = async (look: () => Promise<unknown>) => {
    try {
      await retryReads(look)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw translate(error, 'cannot look at networks and volumes', 'engine_unreachable')
    }
  }
  const all = await Promise.all([
    ...networks.map((name) => isThere(() => docker.getNetwork(name).inspect())),
    ...volumes.map((name) => isThere(() => docker.getVolume(name).inspect())),
  ])
  return all.every((each) => each)
}
