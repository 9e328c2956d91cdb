import { Hono } from 'hono'
import { createOpenLog, type LogServices, type OpenLog } from '../admin/logs.ts'
import { logPage, shownLine, streamLines } from './log.ts'
import type { Inside, ShowScreen } from './screen.ts'

const LAST_LINES = 200

/** What the containers of an app print: the last lines, and those that come. */
export function logRoutes(services: LogServices, screen: ShowScreen): Hono<Inside> {
  const openLog = createOpenLog(services)
  return new Hono<Inside>()
    .get('/apps/:app/logs', async (c) => {
      const name = c.req.param('app')
      const of = c.req.query('of') ?? 'live'
      const last = await lastLines(await openLog(name, of, { tail: LAST_LINES }))
      return screen(c, { title: `Log of ${name}`, menu: 'apps', body: logPage(name, of, last) })
    })
    .get('/apps/:app/logs/stream', async (c) => {
      const of = c.req.query('of') ?? 'live'
      const log = await openLog(c.req.param('app'), of, {
        tail: LAST_LINES,
        follow: of === 'live' ? 'live' : 'it',
      })
      return streamLines(c, log, services.stopping)
    })
}

async function lastLines({ first, entries, end }: OpenLog): Promise<string[]> {
  const last: string[] = []
  let replicas = 1
  const take = (entry: (typeof first & { done?: false })['value']) => {
    if (entry.kind === 'of') replicas = entry.replicas
    else last.push(shownLine(entry, replicas))
  }
  try {
    if (first.done !== true) take(first.value)
    for await (const entry of entries) take(entry)
    return last
  } finally {
    end()
  }
}
