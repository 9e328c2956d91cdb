/** In lower case (RFC 1123, section 2.1). */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const NAME = new RegExp(`^${LABEL}$`)

/** A domain that an app answers at: `api.example.com`, `*.example.com`. */
export const DOMAIN = new RegExp(String.raw`^(?=.{1,253}$)(?:\*\.)?${LABEL}(?:\.${LABEL})*$`)

/** Whether a text may be the name of an app: a DNS label, so that it can stand in paths, names of containers and domains. */
export const isAppName = (text: string): boolean => NAME.test(text)

const PATH = /^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/
const LONGEST_PATH = 200
/** Answered by Nginx itself, whatever app is there. */
const OURS = /^\/\.well-known\/(?:acme-challenge|deploy-receiver)(?:$|\/)/

/** Whether a text may be a path that an app answers at: `/`, `/api`, `/api/v1`. */
export const isPath = (text: string): boolean =>
  text.length <= LONGEST_PATH &&
  PATH.test(text) &&
  !OURS.test(text) &&
  !text.split('/').some((part) => part === '.' || part === '..')
