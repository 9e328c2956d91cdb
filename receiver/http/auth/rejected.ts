import { StacklessError } from '../stackless.ts'

/** Why credentials are not taken. The reason is for the log alone; strangers learn only that they were rejected. */
export class Rejected extends StacklessError {
  /** It may be taken later: what is needed to verify it cannot be had now. */
  readonly retry: boolean

  constructor(reason: string, { retry = false } = {}) {
    super(reason)
    this.name = 'Rejected'
    this.retry = retry
  }
}
