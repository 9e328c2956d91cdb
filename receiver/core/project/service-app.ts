import type { DockerApp } from '../app.ts'
import type { KeptVolume } from '../slots/container.ts'
import type { SlotPorts } from '../slots/ports.ts'
import { claimVolumes } from '../slots/volumes.ts'
import { type Service, serviceKey } from './project.ts'

/** A service as an app of its own, without visitors: the same code looks after it. */
export function serviceApp(app: DockerApp, { container, replicas }: Service): DockerApp {
  const { port: _port, release: _release, project: _project, ...others } = app
  const { path: _path, port: _healthPort, grpc: _grpc, ...health } = app.health
  return {
    ...others,
    http: false,
    container,
    replicas,
    health: { ...health, headers: {}, secretHeaders: [] },
  }
}

/** What a service's image has in VOLUMEs outlives its containers, as the app's own. */
export const volumesOf = (
  app: DockerApp,
  service: Service,
  image: { repository: string; digest: string },
  ports: Pick<SlotPorts, 'engine' | 'images' | 'record'>,
): Promise<KeptVolume[]> =>
  claimVolumes(
    { ...serviceApp(app, service), name: serviceKey(app.name, service.name) },
    image,
    { live: undefined, containers: [] },
    ports,
  )
