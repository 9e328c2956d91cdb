import type { AppConfig } from '../config/config.ts'
import { defined } from '../core/defined.ts'
import { type ConfiguredPreviews, isAnyBefore } from '../edges/nginx/preview-sites.ts'

/** What Nginx is to know of the previews of an app; `undefined`: it has none. */
export function previewsAtNginx(
  { name, previews }: AppConfig,
  { tls, apps }: { tls: ConfiguredPreviews['tls']; apps: ReadonlyMap<string, AppConfig> },
): ConfiguredPreviews | undefined {
  if (previews === undefined) return undefined
  const { site, health, tls: source } = previews.app
  const all = [...apps.values()]
  const isAlone = all.every((app) => app.name === name || app.previews?.domain !== previews.domain)
  const names = { domain: previews.domain, ...(isAlone ? { isAlone: true as const } : {}) }
  const isTaken = all.some(({ domains }) => isAnyBefore(domains, names))
  return {
    ...names,
    site,
    health,
    ...defined({ tls }),
    ...(source?.kind === 'acme' || isTaken ? { areApart: true } : {}),
  }
}
