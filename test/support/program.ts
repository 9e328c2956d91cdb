import { fileURLToPath } from 'node:url'

/** The receiver's program: of these sources, or a packaged one. */
export const PROGRAM =
  process.env['DEPLOY_RECEIVER'] ??
  fileURLToPath(new URL('../../bin/deploy-receiver', import.meta.url))
