import type * as v from 'valibot'
import { readJson } from '../json.ts'
import { unreachable } from './failures.ts'

/** What a registry answered, in the form that it has to have. Throws `DeployError` for anything else, a login page for one. */
export function readAs<const S extends v.GenericSchema>(
  schema: S,
  body: Buffer,
  repository: string,
): v.InferOutput<S> {
  const read = readJson(schema, body.toString())
  if (read !== undefined) return read
  throw unreachable(repository, 'what answers there is no registry')
}
