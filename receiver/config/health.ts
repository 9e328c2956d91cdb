import type { HealthPolicy } from '../core/app.ts'
import { warnOfPlainSecret } from './plain-secret.ts'
import type { Field, Reader } from './reader.ts'
import { isSecret } from './secret-values.ts'
import { duration, emptyRecord, keyValues, matching, number, port } from './values.ts'

/** A path, or a port beside that of gRPC, is one of HTTP. */
export const byGrpc = (health: HealthPolicy): HealthPolicy =>
  health.path === undefined && health.port === undefined ? { ...health, grpc: true } : health

/** Reads `health:`, when a new container counts as healthy. */
export function readHealth(reader: Reader, field: Field | undefined): HealthPolicy {
  const keys = reader.mapping(field, [
    'path',
    'port',
    'headers',
    'interval',
    'timeout',
    'healthy_after',
    'deadline',
  ])
  const path = matching(
    reader,
    keys.get('path'),
    /^\/[\x21-\x7e]*$/,
    'a path',
    'it begins with / and has no blanks',
  )
  const healthPort = port(reader, keys.get('port'))
  const deadlineMs = duration(reader, keys.get('deadline'), { min: 1 })
  const headers = emptyRecord<string>()
  const secretHeaders: string[] = []
  for (const { field: at, key, value = '' } of keyValues(reader, keys.get('headers'))) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(key) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      // neither is shown: a header may hold a password, and without its = it would be the name
      reader.problem(at, 'this does not make a header', 'write { Name: value } or [Name=value]')
    }
    headers[key] = value
    if (isSecret({ name: key, value, fromOutside: reader.isFilled(at) })) secretHeaders.push(key)
    warnOfPlainSecret(reader, at, { name: key, value })
  }
  return {
    ...(path === undefined ? {} : { path }),
    ...(healthPort === undefined ? {} : { port: healthPort }),
    headers,
    secretHeaders,
    intervalMs: duration(reader, keys.get('interval'), { min: 1 }) ?? 2000,
    timeoutMs: duration(reader, keys.get('timeout'), { min: 1 }) ?? 5000,
    healthyAfter: number(reader, keys.get('healthy_after'), { min: 1, max: 100 }) ?? 2,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }
}
