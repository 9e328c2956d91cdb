import { fileURLToPath } from 'node:url'

/** The receiver's program: a packaged one, which the run built, or is told of by `DEPLOY_RECEIVER`; else that of these sources. */
export const PROGRAM =
  process.env['DEPLOY_RECEIVER'] ??
  fileURLToPath(new URL('../../bin/deploy-receiver', import.meta.url))
