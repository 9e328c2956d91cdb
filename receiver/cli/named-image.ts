/**
 * The image reference that a word on the command line stands for. A word alone is a tag of the app's repository, also when it looks
 * like a digest's beginning (tags are often commits); a digest has `sha256:` in front. All else is a reference as Docker has it.
 */
export function imageNamed(word: string, repository: string): string {
  if (word.startsWith('sha256:')) return `${repository}@${word}`
  if (/^[:@]/.test(word)) return `${repository}${word}`
  const isReference = /[/:@]/.test(word) || repository === `docker.io/library/${word}`
  return isReference ? word : `${repository}:${word}`
}
