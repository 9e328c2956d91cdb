/** Milliseconds that an answer's `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3). */
export function readRetryAfter(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}
