import type Docker from 'dockerode'
import type { ContainerCreateOptions } from 'dockerode'
import type { ServiceContainer, ServiceEngine, ServicePlan } from '../../core/project/ports.ts'
import { inspect, mendService, startFailure } from './containers.ts'
import { serviceName } from './container-name.ts'
import { inBody, serviceOptions } from './create-options.ts'
import { statusOf, translate } from './errors.ts'
import { filterOfServices, type Home, isOneOff, isOurs, serviceOf } from './labels.ts'
import { joinNetworks } from './network.ts'
import { retryReads } from './retry-reads.ts'
import { runToEnd } from './run-once.ts'

/** Containers of the services of a Compose project that run an app's digest beside it. */
export function createServices(docker: Docker, home: Home): ServiceEngine {
  const { network } = home
  return {
    async services(app) {
      try {
        return await retryReads(async () => {
          const filters = filterOfServices(network, app)
          const all = await docker.listContainers({ all: true, filters })
          const ours = all.filter(({ Labels }) => isOurs(home, Labels) && !isOneOff(Labels))
          const looked = await Promise.all(
            ours.map(async ({ Id, Labels }): Promise<ServiceContainer[]> => {
              const found = await inspect(docker, network, Id)
              return found === undefined ? [] : [{ ...found, service: serviceOf(Labels) }]
            }),
          )
          return looked.flat()
        })
      } catch (error) {
        throw translate(error, `cannot list the services of ${app}`, 'engine_unreachable')
      }
    },

    async startService(plan) {
      const name = serviceName(network, plan)
      const made = (await retryReads(() => inspect(docker, network, name))) === undefined
      const container = docker.getContainer(name)
      try {
        if (made) await create(docker, plan, serviceOptions(plan, home))
        else await mendService(docker, home, plan, name)
        await container.start()
      } catch (error) {
        // 304: it runs already
        if (statusOf(error) === 304) return
        // one that never ran is no use to anybody
        if (made) await container.remove({ v: true, force: true }).catch(() => {})
        throw startFailure(error, name, plan)
      }
    },

    runService(plan, { timeoutMs, ...options }) {
      const { service } = plan
      return runToEnd(
        docker,
        home,
        {
          name: serviceName(network, plan),
          create: () => create(docker, plan, serviceOptions(plan, home, { once: true })),
          what: `the service ${service.name}`,
          more: `apps.${plan.app.name}.compose: { …, timeout: 30m }`,
          timeoutMs,
        },
        options,
      )
    },
  }
}

/** On all of the service's networks, under its names. */
async function create(
  docker: Docker,
  { service: { container } }: ServicePlan,
  options: ContainerCreateOptions,
): Promise<string> {
  const { id } = await docker.createContainer(inBody(options))
  const [, ...further] = container.networks
  await joinNetworks(docker, id, further, (name) => container.aliases?.[name] ?? [])
  return id
}
