import { resolve } from 'node:path'
import { isPreviewOf } from '../../protocol/preview-name.ts'
import type { ComposeAnswer } from '../config/compose/project.ts'
import { projectsWanted, sourceId } from '../config/compose/source.ts'
import type { Config } from '../config/config.ts'
import { appOrPreview } from '../config/previews/named.ts'
import { loadConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import { readSource } from '../config/source.ts'
import { readVariables } from '../config/variables.ts'
import type { AppSpec } from '../core/app.ts'
import { DeployError } from '../core/errors.ts'
import { ComposeError } from '../edges/compose/run.ts'
import { readProject } from '../edges/compose/read-project.ts'

type Remark = Parameters<typeof loadConfig>[2]

/** A config with the text that it was read from, by which it can be read again as it was in force. */
export interface ReadConfig {
  config: Config
  text: string
}

/**
 * Reads a config, and has Compose read the projects that its apps are services of. Throws `ConfigError`.
 * @param text of the file, if it is not to be read once more
 * @param withPreviews whether `previews` of apps are read
 * @param tolerant what is wrong with Compose projects of previews is warned of, and in the way of these alone
 */
export async function readConfig(
  file: string,
  env: NodeJS.ProcessEnv,
  remark?: Remark,
  text: string = readSource(resolve(file)),
  { withPreviews = true, tolerant = false }: { withPreviews?: boolean; tolerant?: boolean } = {},
): Promise<ReadConfig> {
  const variables = readVariables(file, env)
  const wanted = projectsWanted(file, variables, { text, withPreviews })
  const answers = await Promise.all(
    wanted.map(async (source): Promise<[string, ComposeAnswer]> => [
      sourceId(source),
      await readProject(source, variables).then(
        (read) => read,
        (error: unknown) => {
          if (!(error instanceof ComposeError)) throw error
          return { message: error.message, hint: error.hint }
        },
      ),
    ]),
  )
  const projects = new Map(answers)
  return { config: loadConfig(file, env, remark, { text, projects, withPreviews, tolerant }), text }
}

/**
 * An app of a config that is in force, or a preview of one, with its Compose project as that is now. What is wrong with previews is in
 * the way of these alone. Throws `DeployError`.
 */
export async function readAgain(
  app: AppSpec,
  { file, environment, text }: { file: string; environment: NodeJS.ProcessEnv; text: string },
): Promise<AppSpec> {
  const isPreview = app.engine === 'docker' && app.isolated === true
  try {
    const options = { withPreviews: isPreview }
    const { config } = await readConfig(file, environment, undefined, text, options)
    return appOrPreview(app.name, config) ?? app
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    const isOf = (other: string) =>
      other === app.name || (isPreview && isPreviewOf(app.name, other))
    const of = cause.problems.filter(({ path }) => isOf(path.split('.')[1] ?? ''))
    // another app's trouble is not this one's
    if (of.length === 0) return app
    throw new DeployError(
      'compose_failed',
      of.map(({ message, hint = '' }) => `${message}${hint === '' ? '' : `; ${hint}`}`).join('\n'),
      { hint: 'nothing was touched; deploy-receiver check says the same', cause },
    )
  }
}
