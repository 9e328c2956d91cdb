import { onThisMachine } from '../../core/app.ts'
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { AppConfig } from '../../config/config.ts'
import { asModel, dockerName } from '../../config/compose/model.ts'
import type { Project } from '../../core/project/project.ts'
import { projectFiles } from '../../edges/compose/project-files.ts'
import { readProject } from '../../edges/compose/read-project.ts'

export interface ProjectContents {
  /** What Compose reads, as far as it lies in the project's folder. */
  files: string[]
  /** By app: the volumes of all services of its project, and what these mount of the host, a database's among them. */
  data: ReadonlyMap<string, string[]>
  /** Files that are not taken, with the reason. */
  missing: string[]
}

/** What the Compose projects of apps are made of. Throws `ComposeError`. */
export async function readProjects(
  apps: Readonly<Record<string, AppConfig>>,
  environment: NodeJS.ProcessEnv,
): Promise<ProjectContents> {
  const files = new Set<string>()
  const missing = new Set<string>()
  const data = new Map<string, string[]>()
  for (const app of Object.values(apps)) {
    const { name } = app
    const { project } = onThisMachine(app)
    if (project === undefined) continue
    const { json } = await readProject(project.source, environment)
    const mounts = mountsOf(json)
    const isInFolder = liesIn(project)
    const mounted = mounts.filter(
      (each) => each.startsWith('/') && isInFolder(each) && isFile(each),
    )
    for (const file of [...projectFiles(project.source), ...mounted]) {
      if (isInFolder(file) || project.source.files.includes(file)) files.add(file)
      else missing.add(`${file} lies outside of the folder of the project ${project.name}`)
    }
    data.set(
      name,
      mounts.filter((each) => !mounted.includes(each)),
    )
  }
  return { files: [...files], data, missing: [...missing] }
}

const liesIn = ({ source: { files } }: Project) => {
  const folder = `${dirname(files[0] ?? '/')}/`
  return (path: string) => path.startsWith(folder)
}

const isFile = (path: string) => existsSync(path) && statSync(path).isFile()

function mountsOf(json: unknown): string[] {
  const model = asModel(json)
  const all = Object.values(model.services).flatMap(({ volumes = [] }) => volumes)
  return [
    ...new Set(
      all.flatMap(({ type, source }) => {
        if (source === undefined) return []
        if (type === 'volume') return dockerName(model, 'volumes', source)
        return type === 'bind' ? source : []
      }),
    ),
  ]
}
