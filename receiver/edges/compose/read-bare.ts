import { readFileSync } from 'node:fs'
import semver from 'semver'
import { parseAllDocuments } from 'yaml'
import type { ComposeSource } from '../../core/project/project.ts'
import { composeFlags, ComposeError, runCompose } from './run.ts'

/** Older ones were not seen to leave out what they are told to. */
const OLDEST_BARE = '2.26.0'
/** What Compose needs to be found and to run; of all else a file could be filled in with it. */
const NEEDED = new Set(['PATH', 'HOME', 'DOCKER_CONFIG'])
/** How Compose warns of a `${VAR}` that it makes empty. */
const UNSET = /^The "([^"]*)" variable is not set\./

export const bareEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => NEEDED.has(name)))

/**
 * What has Compose read no env file for any service of a project: a file that goes over its own. Throws `ComposeError` when files of it
 * include others, whose folders' `.env` Compose would read.
 */
export async function withoutEnvFiles(
  source: ComposeSource,
  options: Omit<Parameters<typeof runCompose>[1], 'input'>,
): Promise<string> {
  for (const file of source.files) refuseInclude(file)
  const { status, output } = await runCompose(
    [...composeFlags(source), 'config', '--services'],
    options,
  )
  // why Compose refuses them it says once more when it reads them
  const services = status === 0 ? output.split('\n').filter((name) => name !== '') : []
  const lines = services.map((name) => `  ${JSON.stringify(name)}: { env_file: !reset [] }`)
  return lines.length === 0 ? 'services: {}' : ['services:', ...lines].join('\n')
}

function refuseInclude(file: string): void {
  // a tag of Compose's is none of YAML's, which is a warning
  const documents = parseAllDocuments(readFileSync(file, 'utf8'), {
    merge: true,
    logLevel: 'silent',
  })
  const all = Array.isArray(documents) ? documents : []
  // what is no YAML Compose refuses
  const includes = all.some((each) => {
    const content: unknown = each.errors.length > 0 ? undefined : each.toJS()
    return typeof content === 'object' && content !== null && 'include' in content
  })
  if (!includes && all.every(({ errors }) => errors.length === 0)) return
  throw new ComposeError(
    includes
      ? `${file} includes others, and Compose would fill these in with the .env beside them, which previews do not get`
      : `${file} cannot be looked through for include, which previews cannot have`,
    includes
      ? 'name all of the files: previews: { compose: { file: [compose.yaml, …] } }'
      : `docker compose -f ${file} config -q says what is wrong with it`,
  )
}

/** Throws `ComposeError` when a version may read what it is told to leave out, or when something was left empty. */
export function refuseUnfilled(
  { files, envFile }: ComposeSource,
  { version, warnings }: { version: string; warnings: readonly string[] },
): void {
  const known = semver.coerce(version)
  if (known === null || semver.lt(known, OLDEST_BARE)) {
    throw new ComposeError(
      `Docker Compose is ${version}, and previews of a project need at least ${OLDEST_BARE}`,
      'upgrade docker-compose-plugin, or leave previews out',
    )
  }
  const unset = warnings.flatMap((each) => UNSET.exec(each)?.[1] ?? [])
  if (unset.length === 0) return
  throw new ComposeError(
    `\${${unset.join('}, ${')}} of ${files.join(', ')} ${unset.length === 1 ? 'has' : 'have'} no value in previews, which get no variable of this machine by themselves`,
    envFile === undefined
      ? 'name an env file with what previews may know: previews: { compose: { env_file: /srv/shop/preview.env } }'
      : `write it into ${envFile}, with what previews may know`,
  )
}
