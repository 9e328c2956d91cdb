import type { MiddlewareHandler } from 'hono'

/** Hono answers HEAD as it does GET, and drops the body: whatever goes on telling it, as events do, is to know that nobody listens. */
export const endBodyOfHead: MiddlewareHandler = async (c, next) => {
  await next()
  if (c.req.method === 'HEAD') await c.res.body?.cancel()
}
