import type { Random } from '../crash/random.ts'

/** What is done with a preview, one after the other. */
export type Step =
  | {
      does: 'make' | 'update'
      /** Which of the images. */
      version: number
      /** Whether the next step comes only when it is live. */
      isAwaited: boolean
    }
  | { does: 'remove'; by: 'hook' | 'hand'; isAwaited: boolean }
  /** A run that began before the removal asks for it again. */
  | { does: 'ask late' }

/** What becomes of a preview from its first push to the end; one of three is closed and opened again. */
export function lifeOf(random: Random, versions: number): Step[] {
  const oneIn = (many: number) => random.below(many) === 0
  const deploy = (does: 'make' | 'update'): Step => ({
    does,
    version: random.below(versions),
    isAwaited: !oneIn(3),
  })
  const once = (): Step[] => [
    deploy('make'),
    ...Array.from({ length: 1 + random.below(2) }, () => deploy('update')),
    { does: 'remove', by: random.pick(['hook', 'hand']), isAwaited: !oneIn(3) },
    ...(oneIn(2) ? [{ does: 'ask late' } as const] : []),
  ]
  return oneIn(3) ? [...once(), ...once()] : once()
}
