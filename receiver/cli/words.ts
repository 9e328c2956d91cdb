import type { Deployment } from '../../protocol/deployment.ts'

/** A moment, to the second. */
export const withoutFractions = (at: string): string => at.replace(/\.\d+Z$/, 'Z')

/** What was asked for, in a word. */
export const actionOf = ({ action, restart }: Pick<Deployment, 'action' | 'restart'>): string =>
  restart === true ? 'restart' : action
