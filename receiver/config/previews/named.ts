import { isPreviewOf, previewApp } from '../../../protocol/preview-name.ts'
import type { DockerApp } from '../../core/app.ts'
import type { AppConfig, Config, PreviewsConfig } from '../config.ts'

/** Stands for a preview's name in what is one for all of them. No name of an app has a dot. */
export const OWN_NAME = 'name-of-preview.deploy-receiver'

/** The app that a preview of this name is. */
export function previewConfig(
  parent: Pick<AppConfig, 'name'>,
  { app, domain }: PreviewsConfig,
  name: string,
): AppConfig<DockerApp> {
  const full = previewApp(parent.name, name)
  const own = app.project === undefined ? app : called(full, app)
  return { ...own, name: full, previewOf: parent.name, domains: [`${full}.${domain}`] }
}

/** The app of a config that is called so, or the preview of one that would be. */
export function appOrPreview(name: string, { apps }: Pick<Config, 'apps'>): AppConfig | undefined {
  if (Object.hasOwn(apps, name)) return apps[name]
  const parent = Object.values(apps).find((each) => isPreviewOf(name, each.name))
  if (parent?.previews === undefined) return undefined
  return previewConfig(parent, parent.previews, name.slice(previewApp(parent.name, '').length))
}

/** The same with this name in each text and key, in place of {@link OWN_NAME}. */
function called<T>(name: string, value: T): T {
  if (typeof value === 'string') return value.replaceAll(OWN_NAME, name) as T
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: unknown) => called(name, each)) as T
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [called(name, key), called(name, each)]),
  ) as T
}
