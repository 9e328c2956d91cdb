import { changesOf } from '../config/changes.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { Found } from '../core/finding.ts'

/** Compares the config in force with its file as it is now. Throws an error when that would not be taken. */
export function lookAtConfig(current: Config, environment: NodeJS.ProcessEnv): Found {
  const { file } = current
  const next = readConfig(file, environment, 'the one that was read before is in force')
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

/** Reads a config. Throws an error that tells what is wrong with it as the remedy. */
export function readConfig(
  file: string,
  environment: NodeJS.ProcessEnv,
  consequence: string,
): Config {
  try {
    return loadConfig(file, environment)
  } catch (cause) {
    const hint = cause instanceof Error ? cause.message : String(cause)
    throw Object.assign(new Error(`the file is not right: ${consequence}`, { cause }), { hint })
  }
}
