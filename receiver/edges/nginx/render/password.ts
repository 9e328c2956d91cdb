import { calledIn } from './preview.ts'
import type { Site } from './site.ts'

/** For the location that passes requests on: at what Nginx answers by itself there is nothing to keep. */
export const askPassword = (site: Site): string =>
  site.basicAuth === undefined
    ? ''
    : `auth_basic ${calledIn(site)};
auth_basic_user_file ${site.basicAuth};
`
