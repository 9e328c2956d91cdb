import type { Deployment } from '../../protocol/deployment.ts'
import type { Cell, Style } from './table.ts'

/** What became of a deployment, in its colour. */
export function outcomeOf({ status, error }: Pick<Deployment, 'status' | 'error'>): Cell {
  const style = Object.hasOwn(STYLES, status) ? STYLES[status] : undefined
  const text = error?.code === 'rolled_back' ? 'rolled back' : status
  return style === undefined ? text : { text, style }
}

const STYLES: Readonly<Record<string, Style>> = {
  succeeded: 'green',
  failed: 'red',
  running: 'yellow',
  queued: 'yellow',
  superseded: 'dim',
}
