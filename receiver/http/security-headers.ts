import type { Context, MiddlewareHandler } from 'hono'

/** For answers that are data and nothing else: no script, frame, sniffing, referrer or cache. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  // without effect over plain http (RFC 6797, section 8.1)
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const complete = new WeakSet<Response>()

/** Makes an answer that has all its headers: to touch them once more costs as much as a refusal otherwise does. */
export function completeResponse(body: string, init: ResponseInit): Response {
  const response = new Response(body, init)
  complete.add(response)
  return response
}

/** An answer of JSON with all its headers. */
export const completeJson = (
  c: Context,
  value: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Response =>
  completeResponse(JSON.stringify(value), {
    status,
    headers: {
      ...SECURITY_HEADERS,
      'content-type': 'application/json',
      'x-request-id': c.get('requestId'),
      ...headers,
    },
  })

/** Whether nobody needs to put a header on it. */
export const isComplete = (response: Response): boolean => complete.has(response)

/** Puts them on an answer as far as it does not say otherwise. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  if (isComplete(c.res)) return
  const { headers } = c.res
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value)
  }
}
