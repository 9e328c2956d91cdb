import type { Config } from './config.ts'

/** Whether anything of a config is of the Docker engine of this machine. In a cluster there is none. */
export function usesDocker({ apps }: Pick<Config, 'apps'>): boolean {
  const all = Object.values(apps)
  return all.length === 0 || all.some(({ engine }) => engine !== 'kubernetes')
}

/** Whether Nginx of this machine serves anything of it. */
export const usesNginx = (config: Pick<Config, 'apps' | 'site'>): boolean =>
  usesDocker(config) ||
  config.site !== undefined ||
  Object.values(config.apps).some(({ http }) => http)
