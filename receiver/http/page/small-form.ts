import { bodyLimit } from 'hono/body-limit'
import { ProblemError } from '../problem.ts'

const MAX_BYTES = 4096

/** All that the forms of the page take fits into a few words. */
export const smallForm = bodyLimit({
  maxSize: MAX_BYTES,
  onError() {
    throw new ProblemError('body_too_large', `the form is larger than ${MAX_BYTES} bytes`)
  },
})
