import { type Context, Hono } from 'hono'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#4f46e5"/><path d="M8 3l4 5H9.5v5h-3V8H4z" fill="#fff"/></svg>`

/** What the pages are made with. A name bears its version, so that browsers may keep it. */
export function assets(): Hono {
  const file = (type: string, text: string) => (c: Context) =>
    c.body(text, 200, {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
    })
  return new Hono()
    .get('/style.css', file('text/css; charset=utf-8', STYLE))
    .get('/script.js', file('text/javascript; charset=utf-8', SCRIPT))
    .get('/icon.svg', file('image/svg+xml', ICON))
}
