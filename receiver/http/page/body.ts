import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Context } from 'hono'
import { raw } from 'hono/html'
import { mainOf } from './layout.ts'
import type { Html } from './text.ts'

/** What a page shows, made to its end: many are sent the same bytes. */
export interface Body {
  html: Html
  /** As it goes out to those who have the rest of the page already. */
  part(): Promise<{ plain: Buffer<ArrayBuffer>; zipped: Buffer<ArrayBuffer> }>
}

/** By this the script asks for what a page shows alone. */
const HEADER = 'x-part'
const zip = promisify(gzip)

export const wantsPart = (c: Context): boolean => c.req.header(HEADER) === 'main'

export async function bodyOf(what: Html): Promise<Body> {
  const html = raw((await what).toString())
  let made: ReturnType<Body['part']> | undefined
  const make = async () => {
    const plain = Buffer.from((await mainOf(html)).toString())
    return { plain, zipped: await zip(plain) }
  }
  return { html, part: () => (made ??= make()) }
}

export async function sendPart(c: Context, body: Body): Promise<Response> {
  const { plain, zipped } = await body.part()
  const isZipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '')
  c.header('content-type', 'text/html; charset=UTF-8')
  c.header('vary', `accept-encoding, ${HEADER}`)
  if (isZipped) c.header('content-encoding', 'gzip')
  return c.body(isZipped ? zipped : plain)
}
