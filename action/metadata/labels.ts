import type { RunContext } from '../context.ts'
import { warn } from '../log.ts'
import type { Naming } from './naming.ts'

/**
 * `org.opencontainers.image.*` as `key=value` in the order of their keys, with `given` over them: labels and annotations are the same
 * to docker/metadata-action.
 * @param given with its expressions filled in
 * @param version the first tag; `''` for none
 */
export const describeImage = (
  given: readonly string[],
  { run, naming, version }: { run: RunContext; naming: Naming; version: string },
): string[] => {
  const page = run.repository === '' ? '' : `${run.serverUrl}/${run.repository}`
  const standard = {
    created: naming.now.toISOString(),
    description: run.description,
    licenses: run.license,
    revision: naming.sha,
    source: page,
    title: run.repository.split('/')[1] ?? '',
    url: page,
    version,
  }
  const byKey = new Map(
    Object.entries(standard).map(([key, value]) => [`org.opencontainers.image.${key}`, value]),
  )
  for (const [key, value] of given.flatMap(readPair)) {
    byKey.set(key, value)
  }
  return [...byKey]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([key, value]) => `${key}=${value}`)
}

function readPair(line: string): [string, string][] {
  const at = line.indexOf('=')
  if (at > 0) return [[line.slice(0, at), line.slice(at + 1)]]
  warn(`"${line}" has no value, so it is neither a label nor an annotation: write ${line}=…`)
  return []
}
