import { dirname, join } from 'node:path'
import { pathSegment } from '../path-segment.ts'

/** Folder of the snippets, beside Nginx's directory of sites. */
export const snippetsOf = (directory: string) => join(dirname(directory), 'deploy-receiver.d')

/** An app's file for Nginx, and its snippets for a server block and for a location. */
export const filesOf = (
  directory: string,
  app: string,
): [conf: string, slot: string, proxy: string] => [
  join(directory, `deploy-receiver.${pathSegment(app)}.conf`),
  join(snippetsOf(directory), `${pathSegment(app)}.slot`),
  join(snippetsOf(directory), `${pathSegment(app)}.proxy`),
]
