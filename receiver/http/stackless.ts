/** An error that is an answer, not a defect: where it was thrown helps nobody, and finding that out costs time in a flood. */
export class StacklessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message, options)
    Error.stackTraceLimit = limit
  }
}
