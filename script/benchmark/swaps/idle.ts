import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSites } from '../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { ask } from '../../../test/support/ask.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { freePort } from '../../../test/support/ports.ts'
import { openWorkspace } from '../../../test/support/workspace.ts'
import type { Asked, Table } from '../part.ts'

const SECONDS = 30
const IDLE_SECONDS = [2, 5]
const CLIENTS = 60
/** How far from the server's own end of an idle connection requests come. */
const SPREAD_MS = 40
/** Long enough that all requests of a round are under way at once, each on a connection of its own. */
const ANSWER_MS = 60
const BODY = Buffer.alloc(512, 'x')

interface Count {
  get: number
  post: number
  failed: number
}

/**
 * Apps whose servers close idle connections after 2 s and after 5 s, as gunicorn and uvicorn do, behind Nginx as the receiver
 * sets it up, with a swap after every second round. All clients of an app ask at once, wait about as long as its server keeps idle
 * connections, and ask again: half of them GET, half POST. Nothing may fail. Then the same with connections kept for 5 s by Nginx,
 * to show that the load sees the race.
 */
export async function idleConnections(asked: Asked): Promise<{ table: Table; failed: number }> {
  const seconds = asked.times(SECONDS)
  const workspace = openWorkspace()
  try {
    const nginx = await startNginx({ dir: workspace.folder('nginx') })
    const port = await freePort()
    const slots = createSlots(workspace.folder('data'))
    slots.hear(true)
    const apps = await Promise.all(
      IDLE_SECONDS.map(async (idle) => {
        const [blue, green] = [await serve(idle), await serve(idle)]
        return { app: `after-${idle}`, idle, blue, green }
      }),
    )
    const sites = createSites({
      installation: 'bench',
      nginx: { ...nginx, listen: [`127.0.0.1:${port}`] },
      app: (name) => ({ domains: [`${name}.test`], pauses: false }),
      flags: slots.flags,
      address: () => '127.0.0.1',
    })
    const upstream = (at: number) => ({ port: at, replicas: 1 })
    await nginx.reloaded(() =>
      sites.ensure(
        Object.fromEntries(
          apps.map(({ app, blue, green }) => [
            app,
            { blue: upstream(blue), green: upstream(green) },
          ]),
        ),
      ),
    )
    const load = () =>
      Promise.all(
        apps.map(({ app, idle }) =>
          rounds({
            site: { port, domain: `${app}.test` },
            idle,
            seconds,
            swap: (slot) => slots.makeLive(app, slot),
          }),
        ),
      )
    asked.say('idle connections')
    const ours = await load()
    for (const { app } of apps) {
      const file = join(nginx.directory, `deploy-receiver.${app}.conf`)
      const kept = readFileSync(file, 'utf8').replaceAll(
        'keepalive_timeout 1s',
        'keepalive_timeout 5s',
      )
      writeFileSync(file, kept)
    }
    await nginx.reloaded(nginx.check)
    const theirs = await load()
    const row = (name: string, { get, post, failed }: Count) => [name, get, post, failed]
    return {
      table: {
        title: 'servers that close idle connections',
        head: ['GET', 'POST', 'failed'],
        rows: apps.flatMap(({ idle }, at) => [
          row(`after ${idle} s; Nginx keeps them for 1 s, as in our sites`, ours[at] ?? NONE),
          row(`after ${idle} s; Nginx keeps them for 5 s`, theirs[at] ?? NONE),
        ]),
      },
      failed: ours.reduce((sum, { failed }) => sum + failed, 0),
    }
  } finally {
    await workspace.close()
  }
}

const NONE: Count = { get: 0, post: 0, failed: 0 }

/** All clients ask together, again and again, with a pause between that is about as long as idle connections are kept. */
async function rounds({
  site,
  idle,
  seconds,
  swap,
}: {
  site: { port: number; domain: string }
  idle: number
  seconds: number
  swap: (slot: 'blue' | 'green') => void
}): Promise<Count> {
  const count = { ...NONE }
  const agents = Array.from(
    { length: CLIENTS },
    () => new Agent({ keepAlive: true, maxSockets: 1 }),
  )
  const one = async (agent: Agent, at: number) => {
    await pause(idle * 1000 + (at / CLIENTS - 0.5) * SPREAD_MS)
    const isPost = at % 2 === 1
    count[isPost ? 'post' : 'get'] += 1
    const options = isPost ? { agent, method: 'POST', body: BODY } : { agent }
    const reply = await ask(site, options).catch(() => undefined)
    if (reply?.status !== 200) count.failed += 1
  }
  for (let round = 0; round < Math.max(2, Math.round(seconds / idle)); round++) {
    if (round % 2 === 0) swap(round % 4 === 0 ? 'blue' : 'green')
    await Promise.all(agents.map(one))
  }
  for (const agent of agents) agent.destroy()
  return count
}

/** A server that closes idle connections, and that ends with this process. */
async function serve(idleSeconds: number): Promise<number> {
  const server = createServer((incoming, response) => {
    incoming.resume().once('end', () => void setTimeout(() => response.end('ok'), ANSWER_MS))
  })
  server.keepAliveTimeout = idleSeconds * 1000
  // Node's own remedy, which other servers do not have
  Object.assign(server, { keepAliveTimeoutBuffer: 0 })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
