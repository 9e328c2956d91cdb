import type { Context } from 'hono'

export interface StoreServices {
  /** A copy of the store as it is at this moment. Throws `store_failed`. */
  copyStore(): Promise<{ bytes: number; content: ReadableStream }>
}

/** `GET /store`: all that is remembered, for a backup. */
export async function sendStore(c: Context, { copyStore }: StoreServices): Promise<Response> {
  const { bytes, content } = await copyStore()
  return c.body(content, 200, {
    'content-type': 'application/vnd.sqlite3',
    'content-length': String(bytes),
  })
}
