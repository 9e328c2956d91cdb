import { parseImage } from '../../protocol/image-reference.ts'
import type { RegistryLogin } from '../core/image/registry.ts'
import type { Config } from './config.ts'

/** How a repository's registry is signed in to: as the app that runs it says, else as all do. */
export function loginFor(
  { apps, registries }: Pick<Config, 'apps' | 'registries'>,
  repository: string,
): RegistryLogin | undefined {
  const { registry } = parseImage(repository)
  const own = Object.values(apps)
    .filter(({ image }) => image.repository === repository)
    .map((app) => app.registries[registry])
  return own.find((login) => login !== undefined) ?? registries[registry]
}
