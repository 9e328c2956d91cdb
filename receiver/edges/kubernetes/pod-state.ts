import type { Pod } from './objects.ts'

export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined

/** Evicted, or done: another one is made in its place. */
export const hasEnded = ({ status }: Pod): boolean =>
  status?.phase === 'Failed' || status?.phase === 'Succeeded'

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
