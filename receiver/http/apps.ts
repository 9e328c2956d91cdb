import type { AppSpec } from '../core/app.ts'
import type { AppCredentials } from './auth/authentic.ts'
import { ProblemError } from './problem.ts'

/** An app as the HTTP side sees it. */
export interface HttpApp {
  spec: AppSpec
  domains: readonly string[]
  credentials: AppCredentials
  /** What its previews are; absent: it has none. */
  previews?: {
    /** How many there are at most. */
    max: number
    /** How long one lasts without a deployment; 0 is for ever. */
    ttlMs: number
    /** Why none is made or updated. */
    broken?: string
    /** The app that the preview of this name is. */
    specOf(name: string): AppSpec
  }
}

/** The apps of the config in force, by name. */
export type HttpApps = ReadonlyMap<string, HttpApp>

/** The app of that name. Throws `unknown_app`, with those that there are: nothing for strangers. */
export function appNamed(name: string, apps: HttpApps): HttpApp {
  const app = apps.get(name)
  if (app !== undefined) return app
  throw unknownApp(`there is no app ${JSON.stringify(name)}`, apps)
}

export const unknownApp = (message: string, apps: HttpApps): ProblemError =>
  new ProblemError('unknown_app', message, {
    hint:
      apps.size > 0
        ? `the config has: ${[...apps.keys()].join(', ')}`
        : 'the config has no app: add one under apps:',
  })
