/** Throws what was found instead, unless it held. */
export function expect(held: boolean, otherwise: string): asserts held {
  if (!held) throw new Error(otherwise)
}

export const milliseconds = (ms: number) => `${Math.round(ms).toLocaleString('en')} ms`

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
