import type { RestartPolicy } from '../core/slots/container-settings.ts'
import type { Field, Reader } from './reader.ts'
import { number } from './values.ts'

/** Reads `restart`, or what `deploy.restart_policy` says where there is none. */
export function readRestart(reader: Reader, keys: ReadonlyMap<string, Field>): RestartPolicy {
  const field = keys.get('restart')
  const policy = readPolicy(reader, keys.get('deploy.restart_policy'))
  const text = reader.text(field)
  if (text === undefined) return policy ?? { name: 'unless-stopped', maximumRetries: 0 }
  const [, name, retries] =
    /^(no|false|always|unless-stopped|on-failure)(?::(\d{1,6}))?$/.exec(text) ?? []
  if (
    field !== undefined &&
    (name === undefined || (retries !== undefined && name !== 'on-failure'))
  ) {
    reader.problem(
      field,
      `${JSON.stringify(text)} is not a restart policy`,
      'no, always, unless-stopped, on-failure or on-failure:5',
    )
  }
  return {
    // unquoted, `no` is text in YAML 1.2, but some write `false`
    name: name === undefined || name === 'false' ? 'no' : (name as RestartPolicy['name']),
    maximumRetries: Number(retries ?? 0),
  }
}

const CONDITIONS: Readonly<Record<string, RestartPolicy['name']>> = {
  none: 'no',
  'on-failure': 'on-failure',
  any: 'always',
}

/** Docker has pauses of its own between attempts, and an end to them after failures alone. */
function readPolicy(reader: Reader, field: Field | undefined): RestartPolicy | undefined {
  if (field === undefined || reader.isNothing(field)) return undefined
  const keys = reader.mapping(field, ['condition', 'max_attempts', 'delay', 'window'])
  const at = keys.get('condition')
  const condition = reader.text(at) ?? 'any'
  const name = Object.hasOwn(CONDITIONS, condition) ? CONDITIONS[condition] : undefined
  if (at !== undefined && name === undefined) {
    const message = `${JSON.stringify(condition)} is not a condition`
    reader.problem(at, message, `one of: ${Object.keys(CONDITIONS).join(', ')}`)
  }
  const maximum = number(reader, keys.get('max_attempts'), { min: 0 }) ?? 0
  const unused = ['delay', 'window', ...(name === 'on-failure' ? [] : ['max_attempts'])]
  for (const each of unused.flatMap((key) => keys.get(key) ?? [])) {
    reader.notice(
      each,
      'passed over: Docker pauses longer and longer, and ends after failures alone',
    )
  }
  return { name: name ?? 'always', maximumRetries: name === 'on-failure' ? maximum : 0 }
}
