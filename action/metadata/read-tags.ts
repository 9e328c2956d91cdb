import { parseRule, type Rule } from './rules.ts'

/**
 * Reads the input `tags`, which is docker/metadata-action's and docker/build-push-action's at once: a line with attributes or an
 * expression is a rule, what has a slash or a colon is a whole reference, and a bare name is the rule `type=raw` with it.
 * @param lines fields of each line
 * @throws ActionError `bad_input` for a rule that is none.
 */
export const readTags = (
  lines: readonly (readonly string[])[],
): { tags: string[]; tagRules: Rule[] } => {
  const tags: string[] = []
  const tagRules: Rule[] = []
  for (const fields of lines) {
    if (fields.some(isOfRule)) tagRules.push(parseRule(fields))
    else {
      for (const field of fields.filter((one) => one !== '')) {
        if (/[/:]/.test(field)) tags.push(field)
        else tagRules.push(parseRule([field]))
      }
    }
  }
  return { tags, tagRules }
}

const isOfRule = (field: string): boolean => field.includes('=') || field.includes('{{')
