import { sayingOf } from './log.ts'
import type { Part } from './part.ts'

/** Works on each in their order, so many at once; no further one is begun once the signal aborts. */
export async function inTurn(
  parts: readonly Part[],
  { signal, maxParallel }: { signal: AbortSignal; maxParallel: number },
  work: (part: Part, index: number) => Promise<void>,
): Promise<void> {
  const waiting = [...parts.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (signal.aborted) return
      const [index, part] = next
      const doIt = () => work(part, index)
      await (maxParallel > 1 && parts.length > 1 ? sayingOf(part.name, doIt) : doIt())
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxParallel, parts.length) }, worker))
}
