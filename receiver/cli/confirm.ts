import { createInterface } from 'node:readline/promises'

/**
 * Asks a person whether it is to be done. Without a terminal nobody can be asked.
 * @returns `undefined` when nobody can
 */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } catch {
    // Ctrl-C
    return false
  } finally {
    lines.close()
  }
}
