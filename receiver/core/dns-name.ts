/** In lower case (RFC 1123, section 2.1). */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const NAME = new RegExp(`^${LABEL}$`)

/** A domain that an app answers at: `api.example.com`, `*.example.com`. */
export const DOMAIN = new RegExp(String.raw`^(?=.{1,253}$)(?:\*\.)?${LABEL}(?:\.${LABEL})*$`)

/** Whether a text may be the name of an app: a DNS label, so that it can stand in paths, names of containers and domains. */
export const isAppName = (text: string): boolean => NAME.test(text)
