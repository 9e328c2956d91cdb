import { withoutTrailingSlash } from '../protocol/trailing-slash.ts'
import { ActionError } from './error.ts'

/** Where a hook is posted to, and as whom. */
export interface HookTarget {
  /** Without user, password, query's fragment or trailing slash; the audience of a token starts with it. */
  url: string
  /** The app's name, as the URL says it. */
  app: string
  /** User and password of a plain `CI_CD_URL`. */
  basic?: { username: string; password: string }
}

/**
 * Reads one line of the input `url`.
 * @throws ActionError `bad_input`; the message never holds the password.
 */
export const parseHookTarget = (line: string): HookTarget => {
  const url = parseUrl(line)
  const basic =
    url.username === '' && url.password === ''
      ? undefined
      : { username: decode(url.username), password: decode(url.password) }
  url.username = ''
  url.password = ''
  url.hash = ''
  const path = withoutTrailingSlash(url.pathname)
  const named = /\/hooks\/([^/]+)$/.exec(path)?.[1]
  const app = named ?? basic?.username.replace(/^\$/, '')
  if (app === undefined || app === '') {
    throw new ActionError('bad_input', `input url: ${url.href} names no app`, {
      hint: 'A hook URL ends in /hooks/ and the app: https://deploy.example.com/hooks/api. "deploy-receiver hook api" prints it.',
    })
  }
  return { url: `${url.origin}${path}${url.search}`, app, ...(basic && { basic }) }
}

function parseUrl(line: string): URL {
  let url
  try {
    url = new URL(line)
  } catch (cause) {
    // the text may hold a password, so only what comes behind it is shown
    const shown = line.includes('@') ? `…@${line.slice(line.lastIndexOf('@') + 1)}` : line
    throw new ActionError('bad_input', `input url: "${shown}" is not a URL`, {
      hint: 'Write it whole, as https://deploy.example.com/hooks/api.',
      cause,
    })
  }
  if (url.protocol === 'https:' || url.protocol === 'http:') return url
  throw new ActionError('bad_input', `input url: it begins with ${url.protocol}//`, {
    hint: 'A hook is posted to an https:// URL.',
  })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
