import { ConfigError, describeProblem, type Remarks } from '../config/problems.ts'
import { takeVariables } from '../config/variables.ts'
import { onThisMachine } from '../core/app.ts'
import { connectDocker } from '../edges/docker/connect.ts'
import { lookAtRegistries, lookAtTrustRoots } from '../serve/doctor/look-at-registries.ts'
import { readConfig } from '../serve/read-config.ts'
import type { Given } from './command.ts'
import { openReading } from '../serve/open-registries.ts'
import { showFindings } from './findings.ts'
import { projectLine } from './project-line.ts'
import { complain, say, sayJson } from './print.ts'

export interface CheckOptions extends Given {
  json?: boolean
  registries?: boolean
  strict?: boolean
}

/** Reads the config as `serve` would, and says what it found. */
export async function check({
  config: file,
  json = false,
  registries = false,
  strict = false,
}: CheckOptions): Promise<number> {
  let remarks: Remarks = { warnings: [], notices: [], files: [] }
  const { config } = await readConfig(file, process.env, (found) => (remarks = found))
  takeVariables(file, process.env)
  const { warnings, notices } = remarks
  if (strict && warnings.length > 0) throw new ConfigError(config.file, warnings)
  for (const each of warnings) complain(`warning: ${describeProblem(config.file, each)}`)
  for (const each of notices) complain(`notice: ${describeProblem(config.file, each)}`)
  const apps = Object.values(config.apps)
  const roots = await Promise.all(lookAtTrustRoots(config.data, apps))
  const aged = roots.filter(({ hint }) => hint !== undefined)
  for (const { what, message, hint } of aged) {
    complain(`${strict ? 'error' : 'warning'}: ${what}: ${message}; ${hint}`)
  }
  if (strict && aged.length > 0) return 1
  if (registries) {
    const read = openReading(config, { docker: () => connectDocker(process.env), env: process.env })
    const looks = lookAtRegistries(apps, read, () => false)
    return showFindings([...roots, ...(await Promise.all(looks))], json)
  }
  if (json) {
    sayJson({
      file: config.file,
      url: config.url,
      apps: apps.map((app) => ({
        name: app.name,
        engine: app.engine,
        image: app.image,
        domains: app.domains,
        port: onThisMachine(app).port,
      })),
      warnings: [
        ...warnings,
        ...aged.map(({ what: path, message, hint }) => ({ path, message, hint })),
      ],
      notices,
    })
    return 0
  }
  say(`${config.file} is right: ${apps.length} ${apps.length === 1 ? 'app' : 'apps'}`)
  for (const app of apps) {
    const { name, image, domains, auth, engine } = app
    const { project } = onThisMachine(app)
    const kinds = [
      ...(auth.oidc.length > 0 ? ['oidc'] : []),
      ...(auth.keys.length + auth.secrets.length > 0 ? ['standard webhooks'] : []),
      ...(auth.basic.tokens.length > 0 ? ['basic'] : []),
      ...(auth.github.length > 0 ? ['github webhooks'] : []),
    ]
    say(
      `  ${name}  ${image.repository}:${image.tag}  ${domains.join(' ') || '(no domain)'}  ${kinds.join(', ') || 'local socket only'}${engine === 'docker' ? '' : `  ${engine}`}`,
    )
    if (project !== undefined) {
      const names = (services: readonly { name: string }[]) => services.map((each) => each.name)
      const { oneOffs, workers, dependencies } = project
      const others = { before: names(oneOffs), after: names(workers) }
      const compose = dependencies.map(({ service }) => service)
      say(`    ${projectLine({ ...project, ...others, compose })}`)
    }
    say(`    hook: ${config.url}/hooks/${name}`)
  }
  return 0
}
