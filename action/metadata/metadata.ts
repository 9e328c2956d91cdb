import type { RunContext } from '../context.ts'
import { readReference } from '../image.ts'
import type { Inputs } from '../inputs.ts'
import { describeImage } from './labels.ts'
import { nameBuild, type Naming, type Sources } from './naming.ts'
import { defaultTagNames, tagNames } from './tag-names.ts'
import { fillTemplate } from './template.ts'

/** What an image is called and says of itself, as docker/metadata-action has it. */
export interface Metadata {
  /** The first tag; `''` for none. */
  version: string
  /** Tags without a repository; none where all references were written out, or no rule gives one. */
  tagNames: readonly string[]
  /** `key=value`. */
  labels: readonly string[]
  /** `level:key=value`: those that stand for the labels, and the workflow's own. */
  annotations: readonly string[]
  /** The annotations that the build sets: the workflow's own, or all when it says at which levels. */
  builtAnnotations: readonly string[]
}

/** Inputs that metadata is made of. */
export type MetadataInputs = Pick<
  Inputs,
  'tags' | 'tagRules' | 'flavor' | 'labels' | 'annotations' | 'tagContext'
>

/**
 * Names and describes what is going to be built.
 * @throws ActionError `bad_input` for rules that say what is not known, `bad_environment`.
 */
export const readMetadata = async (
  inputs: MetadataInputs,
  run: RunContext,
  sources: Sources,
): Promise<Metadata> => {
  const naming = await nameBuild(
    { tagContext: inputs.tagContext, needsCommitDate: asksForCommitDate(inputs) },
    run,
    sources,
  )
  const names = namesOf(inputs, naming)
  const [reference] = inputs.tags
  const version = names[0] ?? (reference === undefined ? '' : tagIn(reference))
  const described = { run, naming, version }
  return {
    version,
    tagNames: names,
    labels: describeImage(fill(inputs.labels, naming), described),
    ...annotationsOf(inputs.annotations, described, sources.env),
  }
}

const asksForCommitDate = (inputs: MetadataInputs): boolean =>
  JSON.stringify(inputs).includes('commit_date')

function namesOf({ tags, tagRules, flavor }: MetadataInputs, naming: Naming): string[] {
  if (tagRules.length > 0) return tagNames(tagRules, flavor, naming)
  return tags.length > 0 ? [] : defaultTagNames(flavor, naming)
}

/** Once: a branch may be called `{{sha}}` itself. */
const fill = (lines: readonly string[], naming: Naming): string[] =>
  lines.map((line) => fillTemplate(line, naming))

const tagIn = (reference: string): string => readReference(reference, 'tags').tag ?? 'latest'

/** `manifest:`, `index,manifest-descriptor[linux/amd64]:`: where buildx puts an annotation. */
const LEVELS = /^(?:manifest|index)(?:[-[,][^=:]*)?:/

function annotationsOf(
  given: readonly string[],
  described: { run: RunContext; naming: Naming; version: string },
  env: NodeJS.ProcessEnv,
): Pick<Metadata, 'annotations' | 'builtAnnotations'> {
  const levels = env['DOCKER_METADATA_ANNOTATIONS_LEVELS'] ?? ''
  const filled = fill(given, described.naming)
  const withLevel = filled.filter((line) => LEVELS.test(line))
  const all = describeImage(
    filled.filter((line) => !LEVELS.test(line)),
    described,
  )
  const annotations = [
    ...(levels || 'manifest').split(',').flatMap((level) => all.map((one) => `${level}:${one}`)),
    ...withLevel,
  ]
  return { annotations, builtAnnotations: levels === '' ? filled : annotations }
}
