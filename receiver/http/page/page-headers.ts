import type { MiddlewareHandler } from 'hono'

/** For pages: style, script and forms of this origin alone, and nobody shows them in a frame. */
const CSP = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Over what answers of data have. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  c.res.headers.set('content-security-policy', CSP)
  // a request of a form says its origin, links to elsewhere say nothing
  c.res.headers.set('referrer-policy', 'same-origin')
  c.res.headers.set('cross-origin-opener-policy', 'same-origin')
}
