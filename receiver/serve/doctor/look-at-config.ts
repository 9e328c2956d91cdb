import { changesOf } from '../../config/changes.ts'
import type { Config } from '../../config/config.ts'
import type { ConfigProblem } from '../../config/problems.ts'
import { failed, type Finding, found, type Found } from '../../core/finding.ts'
import { readConfig } from '../read-config.ts'
import { type PlannedReload, settingsChanges } from '../../core/slots/settings-changes.ts'

/** Compares the config in force with its file as it is now. */
export async function compareConfig(
  current: Config,
  environment: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const { findings } = await lookAtConfig(current.file, environment, {
    describe: (next) => comparison(current, next),
    otherwise: 'the one that was read before is in force',
  })
  return findings
}

/** Reads a config and says what it found; without `config` it would not be taken. */
export async function lookAtConfig(
  file: string,
  environment: NodeJS.ProcessEnv,
  { describe, otherwise }: { describe: (config: Config) => Found; otherwise: string },
): Promise<{ config?: Config; findings: Finding[] }> {
  let warnings: readonly ConfigProblem[] = []
  try {
    const { config } = await readConfig(file, environment, (remarks) => ({ warnings } = remarks))
    return { config, findings: [found('config', describe(config)), ...warnings.map(unwise)] }
  } catch (cause) {
    // all that is wrong with it is the remedy
    const hint = cause instanceof Error ? cause.message : String(cause)
    const error = new Error(`the file is not right: ${otherwise}`, { cause })
    return { findings: [failed('config', Object.assign(error, { hint }))] }
  }
}

/** What `check` warns of, files that are open to others among it. */
const unwise = ({ path, message, hint }: ConfigProblem): Finding => ({
  id: `config:${path}`,
  what: 'config',
  ok: true,
  message: path === '' ? message : `${path}: ${message}`,
  hint: hint ?? 'deploy-receiver check says where it stands',
})

function comparison(current: Config, next: Config): Found {
  const { file } = current
  const isOther = `${file} was changed since it was read`
  try {
    const { added, changed, removed, keys } = changesOf(current, next)
    const others = [...keys, ...[...added, ...changed, ...removed].map((app) => `apps.${app}`)]
    if (others.length === 0) return `${file} is in force`
    return { message: `${isOther}: ${others.join(', ')}`, hint: 'deploy-receiver reload takes it' }
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string }
    return { message: `${isOther}: ${message}`, ...(hint === undefined ? {} : { hint }) }
  }
}

/** What a reload of the file as it is now would change of an app. */
export async function planReload(
  app: string,
  current: Config,
  environment: NodeJS.ProcessEnv,
): Promise<PlannedReload> {
  try {
    const { config: next } = await readConfig(current.file, environment)
    changesOf(current, next)
    const [before, after] = [current.apps[app], next.apps[app]]
    if (after === undefined)
      return { changes: [], problem: `${current.file} has no ${app} any more` }
    return { changes: before === undefined ? [] : settingsChanges(before, after) }
  } catch (error) {
    return { changes: [], problem: error instanceof Error ? error.message : String(error) }
  }
}
