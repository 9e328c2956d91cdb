import type { Visitors } from './visitors.ts'

/** From a machine as somebody has it to one that the receiver runs, by a page's own commands. */
export interface Move {
  /** Whether connections may be refused: a proxy in a container lets go of the ports before Nginx has them. */
  mayRefuse?: boolean
  /** Makes the old state, with a row of before; visitors come from here on. */
  before(): Promise<Visitors>
  /** What the page says, up to where visitors are the new one's. */
  move(visitors: Visitors): Promise<void>
  /** A push, and what the page takes away at the end. */
  after(): Promise<void>
  /** The rows of the database, a line each. */
  orders(): Promise<string>
  /** Whether what was in files is there. */
  kept(): Promise<boolean>
}
