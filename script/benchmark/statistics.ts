import type { Aim, Figure } from './part.ts'

/** The value below which such a share of them lies, by linear interpolation. Not a number for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (low === undefined || high === undefined) return Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Median of the ratios of values of the same round: what else the machine does meets both. */
export const ratioOf = (values: readonly number[], against: readonly number[]): number =>
  values.length === against.length
    ? median(values.map((value, round) => value / (against[round] ?? Number.NaN)))
    : median(values) / median(against)

/** What an aim measures, and whether it is met. */
export function judge(figure: Figure, aim: Aim): { value: number; isMet: boolean } {
  const values = (name: string) => {
    const way = figure.ways.find((one) => one.name === name)
    if (way === undefined) throw new Error(`${figure.title}: nothing is called ${name}`)
    return way.values
  }
  const value =
    aim.against === undefined
      ? median(values(aim.way))
      : ratioOf(values(aim.way), values(aim.against))
  return { value, isMet: 'most' in aim ? value <= aim.most : value >= aim.least }
}
