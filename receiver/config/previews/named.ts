import { previewApp } from '../../../protocol/preview-name.ts'
import type { DockerApp } from '../../core/app.ts'
import type { AppConfig, PreviewsConfig } from '../config.ts'

/** The app that a preview of this name is. */
export const previewConfig = (
  parent: Pick<AppConfig, 'name'>,
  { app, domain }: PreviewsConfig,
  name: string,
): AppConfig<DockerApp> => {
  const full = previewApp(parent.name, name)
  return { ...app, name: full, domains: [`${full}.${domain}`] }
}
