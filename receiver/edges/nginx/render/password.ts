import type { Site } from './site.ts'

/** For the location that passes requests on: at what Nginx answers by itself there is nothing to keep. */
export const askPassword = ({ app, basicAuth }: Site): string =>
  basicAuth === undefined
    ? ''
    : `auth_basic ${app};
auth_basic_user_file ${basicAuth};
`
