// People who look, in a process of their own: what they cost themselves is told apart from what they cost the receiver.
import { Agent, request } from 'node:http'
import { get, type Way } from './get.ts'

/** Whom there are to be; the answer is `open` once all of them have a stream. */
export interface Viewers {
  host: string
  port: number
  cookie: string
  /** Each one's page, and the app whose changes it hears; none: of all. */
  pages: readonly { path: string; app: string }[]
}

/** Who looks at a page as a browser does; resolves when there is a stream. */
async function look(way: Way, { path, app }: Viewers['pages'][number]): Promise<void> {
  const open = Promise.withResolvers<void>()
  let [isFetching, again] = [false, false]
  const fetchPage = async () => {
    again = isFetching
    if (isFetching) return
    isFetching = true
    do {
      again = false
      await get(way, path)
    } while (again)
    isFetching = false
  }
  const stream = request({
    ...way.place,
    headers: way.headers,
    path: `/page/changes?app=${app}`,
    agent: false,
  })
  stream.on('error', open.reject)
  stream.once('response', (response) => {
    response.on('error', () => {})
    response.on('data', (chunk: Buffer) => {
      open.resolve()
      if (!chunk.includes('changed')) return
      fetchPage().catch(() => {})
    })
  })
  stream.end()
  await open.promise
}

process.once('message', ({ host, port, cookie, pages }: Viewers) => {
  const all = pages.map((page) =>
    look(
      {
        agent: new Agent({ keepAlive: true, maxSockets: 1 }),
        place: { host, port },
        headers: { cookie, 'accept-encoding': 'gzip', 'x-part': 'main' },
      },
      page,
    ),
  )
  void Promise.all(all).then(() => process.send?.('open'))
})
