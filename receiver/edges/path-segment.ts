import { isAppName } from '../core/dns-name.ts'

/**
 * An app's name as one part of a path. Whoever puts a name into a path takes it from here, however sure it is of the name:
 * `../..` would be a file somewhere else. Throws for what is no name of an app.
 */
export function pathSegment(app: string): string {
  if (isAppName(app)) return app
  throw new Error(
    `${JSON.stringify(app.slice(0, 100))} is not the name of an app (a DNS label), and cannot be part of a path`,
  )
}
