import { PROBLEM_TYPE, PROBLEMS, type Problem, type ProblemCode } from '../../protocol/problem.ts'
import { completeResponse, SECURITY_HEADERS } from './security-headers.ts'

const TITLES = {
  400: 'Bad request',
  401: 'Not authorized',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Unprocessable',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
} as const satisfies Record<(typeof PROBLEMS)[ProblemCode], string>

/** An error that is an answer, not a defect: where it was thrown helps nobody, and finding that out costs time in a flood. */
export class StacklessError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message, options)
    Error.stackTraceLimit = limit
  }
}

/** An answer that is not the asked-for one. What it says goes to the client as it is. */
export class ProblemError extends StacklessError {
  readonly code: ProblemCode
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** What is more precise than the client may know. */
  readonly reason: string | undefined
  /** As `newer_run` of the answer. */
  readonly newerRun: number | undefined

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      hint?: string
      headers?: Record<string, string>
      reason?: string
      newerRun?: number
      cause?: unknown
    } = {},
  ) {
    super(detail, { cause: options.cause })
    this.name = 'ProblemError'
    this.code = code
    this.hint = options.hint
    this.headers = options.headers ?? {}
    this.reason = options.reason
    this.newerRun = options.newerRun
  }
}

/** What is sent of a problem (RFC 9457), with all the headers that an answer bears. */
export interface ProblemAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export function problemAnswer(error: ProblemError, requestId?: string): ProblemAnswer {
  const status = PROBLEMS[error.code]
  const problem: Problem = {
    type: 'about:blank',
    title: TITLES[status],
    status,
    code: error.code,
    detail: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.newerRun === undefined ? {} : { newer_run: error.newerRun }),
  }
  return {
    status,
    headers: {
      ...SECURITY_HEADERS,
      'content-type': PROBLEM_TYPE,
      ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
      ...error.headers,
    },
    body: `${JSON.stringify(problem)}\n`,
  }
}

/** The same as an answer of Hono's. */
export function problemResponse(error: ProblemError, requestId?: string): Response {
  const { body, ...init } = problemAnswer(error, requestId)
  return completeResponse(body, init)
}
