import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DeployError } from '../../core/errors.ts'
import type { ComposeContainer, ComposeProjects, PreviewParts } from '../../core/project/ports.ts'
import type { Project, Resources } from '../../core/project/project.ts'
import { removeFile, replaceFile } from '../durable.ts'
import { apartFile, labelled } from './apart.ts'
import { createPulledImages } from './pulled-images.ts'
import { overrideFile, overrideOf } from './override.ts'
import { said } from './read-project.ts'
import { composeFlags, type ComposeEnd, ComposeError, runCompose } from './run.ts'

/** Making networks and volumes takes it a few seconds. */
const ENSURE_MS = 2 * 60_000
/** It may pull what the service runs, and builds it in some projects. */
const UP_MS = 20 * 60_000

/**
 * What is Compose's of a project, by `docker compose` itself. Of the project's folder nothing is written.
 * @param data where the overrides lie
 * @param parts what the engine has of previews
 */
export function createComposeProjects({
  data,
  env,
  containers,
  areThere,
  parts,
}: {
  data: string
  env: NodeJS.ProcessEnv
  containers: (project: string) => Promise<ComposeContainer[]>
  areThere: (names: { networks: readonly string[]; volumes: readonly string[] }) => Promise<boolean>
  parts: PreviewParts
}): ComposeProjects {
  const pulled = createPulledImages(data)
  const textFor = (app: string, project: Project, image: string | undefined) =>
    project.apart === undefined ? overrideOf(project, image) : apartFile(project, parts.labels(app))
  return {
    containers,

    async ensure(app, project, signal) {
      const isApart = project.apart !== undefined
      const names = { networks: namesOf(project, 'networks'), volumes: namesOf(project, 'volumes') }
      if (isApart) refuseOthers(app, await parts.others(app, names))
      if (await areThere(names)) return
      const resources = isApart ? labelled(project.resources, parts.labels(app)) : project.resources
      const args = [
        '--project-directory',
        dirname(project.source.files[0] ?? '/'),
        '--project-name',
        project.name,
        '--file',
        '-',
        'up',
        '--no-start',
      ]
      const input = JSON.stringify(alone(project.name, resources))
      const done = await compose(args, { limitMs: ENSURE_MS, input, signal })
      refuse(done, `cannot make the networks and volumes of ${project.name}`, ENSURE_MS)
    },

    async up(app, project, service, signal) {
      const override = overrideFile(data, app)
      const { name, apart } = project
      const image = apart?.services[service]?.image
      // on record first, so that it goes whatever comes in between
      if (image !== undefined && !(await parts.hasImage(image))) pulled.add(image)
      const flags =
        apart === undefined
          ? composeFlags(project.source, { override, name })
          : composeFlags({ files: [override], profiles: [], bare: true }, { name })
      const args = [...flags, 'up', '--detach', '--no-recreate', '--no-deps', service]
      const done = await compose(args, { limitMs: UP_MS, signal })
      refuse(done, `Compose cannot start the service ${service} of ${project.name}`, UP_MS)
    },

    override(app, project, image) {
      const file = overrideFile(data, app)
      const text = textFor(app, project, image)
      if (textOf(file) === text) return
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      replaceFile(file, text, 0o600)
    },

    isOverridden: (app, project, image) =>
      textOf(overrideFile(data, app)) === textFor(app, project, image),

    forget(app) {
      const file = overrideFile(data, app)
      if (textOf(file) !== undefined) removeFile(file)
    },

    async removeApart(app) {
      const gone = await parts.remove(app)
      for (const image of pulled.all()) {
        if (!(await parts.removeImage(image))) continue
        pulled.forget(image)
        gone.push(`image ${image}`)
      }
      return gone
    },
  }

  async function compose(
    args: readonly string[],
    options: { limitMs: number; input?: string; signal: AbortSignal },
  ): Promise<ComposeEnd> {
    try {
      return await runCompose(args, { env, ...options })
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error
      const { message, hint } = error
      throw new DeployError('compose_failed', message, { hint, cause: error })
    }
  }
}

/** What somebody else has under a preview's name is not given to whoever opens a pull request. */
function refuseOthers(app: string, others: readonly string[]): void {
  if (others.length === 0) return
  throw new DeployError(
    'not_ours',
    `${others.join(', ')} of ${app} is there already, and not ours`,
    {
      hint: 'docker volume rm, or docker network rm, if nobody needs it; else call the preview by another name',
    },
  )
}

function refuse({ status, errors }: ComposeEnd, what: string, limitMs: number): void {
  if (status === 0) return
  const why = status === undefined ? `it did not end within ${limitMs / 1000} s` : said(errors)
  throw new DeployError('compose_failed', `${what}: ${why || `it ended with ${status}`}`, {
    hint: 'Compose says the same by hand: deploy-receiver compose <app> -- up -d',
  })
}

/** A project with one service that has all of these, and no container. */
const alone = (name: string, { networks, volumes }: Resources): object => ({
  name,
  services: {
    resources: {
      image: 'none',
      // it has no container, so that nothing of it is needed
      pull_policy: 'never',
      deploy: { replicas: 0 },
      networks: Object.keys(networks),
      volumes: Object.keys(volumes).map((source, at) => ({
        type: 'volume',
        source,
        target: `/${at}`,
      })),
    },
  },
  networks,
  volumes,
})

const namesOf = ({ name, resources }: Project, kind: keyof Resources): string[] =>
  Object.entries(resources[kind]).map(
    ([key, settings]) => (settings as { name?: string }).name ?? `${name}_${key}`,
  )

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
