/** Of a terminal's window, in characters. */
export interface Size {
  rows: number
  columns: number
}

/** What comes from whoever sits at a terminal, or stands in a pipe before it. */
export type Typed =
  | { kind: 'input'; bytes: Uint8Array }
  /** No more input comes. */
  | { kind: 'end' }
  | ({ kind: 'resize' } & Size)
  | { kind: 'signal'; signal: Signal }

export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const
export type Signal = (typeof SIGNALS)[number]

/** Where a command's input comes from, and its output goes. */
export interface Terminal {
  /** Whether the command is to have a terminal, of this size at first, or pipes. */
  tty: boolean
  size?: Size
  typed: AsyncIterable<Typed>
  /** Resolves when more may come: whoever reads slowly is waited for. */
  print(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>
}
