import { parseImage } from '../../protocol/image-reference.ts'
import type { RegistryLogin } from '../core/image/registry.ts'
import type { AppConfig, Config } from './config.ts'

/** What says as whom registries are asked: the apps that there are, and the logins of all. */
export interface Logins {
  apps: Iterable<Pick<AppConfig, 'image' | 'registries'>>
  registries: Config['registries']
}

/** How a repository's registry is signed in to: as the app that runs it says, else as all do. */
export function loginFor(
  { apps, registries }: Logins,
  repository: string,
): RegistryLogin | undefined {
  const { registry } = parseImage(repository)
  const own = [...apps]
    .filter(({ image }) => image.repository === repository)
    .map((app) => app.registries[registry])
  return own.find((login) => login !== undefined) ?? registries[registry]
}
