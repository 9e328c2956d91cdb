import * as v from 'valibot'
import { unreachable } from './failures.ts'

/** What a registry answered, in the form that it has to have. Throws `DeployError` for anything else, a login page for one. */
export function readAs<const S extends v.GenericSchema>(
  schema: S,
  body: Buffer,
  repository: string,
): v.InferOutput<S> {
  try {
    return v.parse(schema, JSON.parse(body.toString()))
  } catch (cause) {
    throw unreachable(repository, 'what answers there is no registry', { cause })
  }
}
