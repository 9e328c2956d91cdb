import { onThisMachine } from '../core/app.ts'
import { resolve } from 'node:path'
import { parseImage } from '../../protocol/image-reference.ts'
import { asModel } from '../config/compose/model.ts'
import { whatChanges } from '../config/compose/moving.ts'
import { type ComposeAnswer, portOf } from '../config/compose/project.ts'
import { proposeApp } from '../config/compose/propose.ts'
import { isUnfit } from '../config/compose/roles.ts'
import { sourceId } from '../config/compose/source.ts'
import type { Config } from '../config/config.ts'
import type { FirstConfig } from '../config/first-config.ts'
import { isAppName } from '../core/dns-name.ts'
import { readProject } from '../edges/compose/read-project.ts'

/** A Compose project that is to be deployed, as it is found. */
export interface FirstProject {
  compose: NonNullable<FirstConfig['compose']>
  /** What nobody has to say then. */
  said: { app: string; image?: string; port?: string }
  /** As a config is read with it. */
  projects: ReadonlyMap<string, ComposeAnswer>
  /** What becomes of the project, each in a line. */
  changes(config: Config, app: string): string[]
}

/**
 * Has Compose read a project, and proposes how it is deployed.
 * @param named the service that visitors come to, if somebody said it
 */
export async function findProject(
  from: string,
  named: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<FirstProject> {
  const file = resolve(from)
  const source = { files: [file], profiles: [] }
  const read = await readProject(source, env)
  const model = asModel(read.json)
  const proposed = proposeApp(model, named)
  if (isUnfit(proposed)) {
    throw Object.assign(new Error(proposed.message), { hint: proposed.hint })
  }
  const { service, repository, port, domain } = proposed
  const tag = parseImage(model.services[service]?.image ?? 'none').tag
  const image = tag === undefined ? repository : `${repository}:${tag}`
  const isPortSaid = portOf(model, service) !== undefined
  return {
    compose: { file, service, namesImage: repository !== undefined },
    said: {
      app: isAppName(model.name) ? model.name : service.toLowerCase().replaceAll(/[^a-z0-9]/g, '-'),
      ...(image === undefined ? {} : { image }),
      ...(port === undefined || isPortSaid ? {} : { port: String(port) }),
    },
    projects: new Map([[sourceId(source), read]]),
    changes(config, app) {
      const found = config.apps[app]
      const project = found && onThisMachine(found).project
      const until =
        domain === undefined
          ? []
          : [`${domain} leads to ${service}: it comes into domains when you change over`]
      return project === undefined ? [] : [...whatChanges(model, project), ...until]
    },
  }
}
