import type { Inputs } from '../inputs.ts'
import type { Metadata } from './metadata.ts'

/** Outputs of docker/metadata-action. */
export interface MetadataOutputs {
  version: string
  tags: string
  'tag-names': string
  labels: string
  annotations: string
  json: string
}

/** @param references whole ones */
export const outputsOf = (
  { version, tagNames, labels, annotations }: Metadata,
  references: readonly string[],
  separators: Inputs['separators'],
): MetadataOutputs => ({
  version,
  tags: references.join(separators.tags),
  'tag-names': tagNames.join(separators.tags),
  labels: labels.join(separators.labels),
  annotations: annotations.join(separators.annotations),
  json: JSON.stringify({
    tags: references,
    'tag-names': tagNames,
    labels: Object.fromEntries(labels.map(splitPair)),
    annotations,
  }),
})

const splitPair = (pair: string): [string, string] => {
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}
