import { escapeControls } from './escape-controls.ts'

/** What a command printed comes after its end: an orchestrator asks the node for it. */
const LAST_LINES_MS = 30_000

/** Opens all that a command printed, from its first line on; with `follow` until it ends. */
export type ReadOutput = (options: {
  follow: boolean
  signal: AbortSignal
}) => AsyncIterable<{ text: string }>

/**
 * Hands on what a job of an orchestrator prints: line by line while it runs, from `begin` on, and at its `end` what of it was not heard.
 * It is an extra: what came of the command is told otherwise, and what goes wrong with its output decides nothing.
 */
export function jobOutput(output: (line: string) => void, signal: AbortSignal) {
  const over = new AbortController()
  let told = 0
  let heard: Promise<void> | undefined
  const handOn = async (lines: AsyncIterable<{ text: string }>) => {
    let count = 0
    for await (const { text } of lines) {
      count += 1
      if (count <= told) continue
      told = count
      output(escapeControls(text))
    }
  }
  return {
    begin(read: ReadOutput): void {
      const until = AbortSignal.any([signal, over.signal])
      heard ??= handOn(read({ follow: true, signal: until })).catch(() => {})
    },
    async end(read: ReadOutput): Promise<void> {
      over.abort()
      await heard
      const until = AbortSignal.any([signal, AbortSignal.timeout(LAST_LINES_MS)])
      await handOn(read({ follow: false, signal: until })).catch(() => {})
    },
  }
}
