import { dirname, join } from 'node:path'
import { pathSegment } from '../path-segment.ts'

/** Folder of the snippets, beside Nginx's directory of sites. */
export const snippetsOf = (directory: string) => join(dirname(directory), 'deploy-receiver.d')

/** The file that all previews of an app share. No app is called so: a name has no dot. */
export const previewsFileOf = (directory: string, app: string): string =>
  join(directory, `deploy-receiver.${pathSegment(app)}.previews.conf`)

/** An app's file for Nginx, and its snippets for a server block and for a location. */
export const filesOf = (
  directory: string,
  app: string,
): [conf: string, slot: string, proxy: string] => [
  join(directory, `deploy-receiver.${pathSegment(app)}.conf`),
  join(snippetsOf(directory), `${pathSegment(app)}.slot`),
  join(snippetsOf(directory), `${pathSegment(app)}.proxy`),
]
