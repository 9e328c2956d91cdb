import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { hearAccessLog } from '../../../receiver/edges/access-log.ts'
import { createSites } from '../../../receiver/edges/nginx/sites.ts'
import { createSlots } from '../../../receiver/edges/slots.ts'
import { startNginx } from '../../../test/support/nginx.ts'
import { freePort } from '../../../test/support/ports.ts'
import { openWorkspace } from '../../../test/support/workspace.ts'
import type { Asked, Figure } from '../part.ts'
import { processorTime } from './processor-time.ts'
import { askWithWrk } from './wrk.ts'

const ROUNDS = 7
const SECONDS = 2
const CONNECTIONS = 8
const KINDS = ['on', 'off', 'on, and nobody hears'] as const
type Kind = (typeof KINDS)[number]

/**
 * What it costs Nginx to tell of requests: its workers' processor time for each, with `access_log` on and off, and on while nobody hears,
 * in turns. Nginx logs into a file besides, as it does by default.
 */
export async function costOfTelling(asked: Asked): Promise<Figure> {
  const workspace = openWorkspace()
  const app = await startApp()
  try {
    const nginx = await startNginx({
      dir: workspace.folder('nginx'),
      accessLog: 'requests.log combined',
    })
    const [port, udp] = [await freePort(), await freePort()]
    const data = workspace.folder('data')
    const slots = createSlots(data)
    slots.makeLive('api', 'blue')
    let isWanted = false
    const sites = createSites({
      installation: 'bench',
      nginx: { ...nginx, listen: [`127.0.0.1:${port}`] },
      app: () => ({ domains: ['api.test'], pauses: false }),
      flags: slots.flags,
      address: () => '127.0.0.1',
      receiver: () => ({
        url: 'https://deploy.test',
        listen: { host: '127.0.0.1', port: udp },
        traffic: { port: udp, isWanted },
      }),
    })
    const slot = { port: app.port, replicas: 1 }
    await nginx.reloaded(() => sites.ensure({ api: { blue: slot, green: slot } }))
    await nginx.reloaded(() => sites.receiver.ensure('leave'))
    let heard = 0
    const hearing = hearAccessLog(udp, () => void (heard += 1), {
      hear: slots.hear,
      report: (message) => console.error(message),
      nowMs: () => performance.now(),
    })
    const turnTo = async (kind: Kind) => {
      if (isWanted !== (kind !== 'off')) {
        isWanted = kind !== 'off'
        await nginx.reloaded(() => sites.receiver.ensure('leave'))
      }
      slots.hear(kind === 'on')
      heard = 0
    }
    const ask = async () => {
      const before = processorTime(nginx.pid)
      const { requests } = await askWithWrk(
        { url: `http://127.0.0.1:${port}/`, host: 'api.test' },
        { seconds: SECONDS, connections: CONNECTIONS },
      )
      return ((processorTime(nginx.pid) - before) / requests) * 1_000_000
    }
    const costs = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]))
    const rounds = asked.times(ROUNDS)
    for (let round = 0; round <= rounds; round += 1) {
      asked.say(`telling of requests, ${round} of ${rounds}`)
      // whatever else the machine does grows and shrinks: none is always the first
      for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
        await turnTo(kind)
        const cost = await ask()
        // the first one warms up
        if (round > 0) costs.get(kind)?.push(cost)
        if (heard > 0 !== (kind === 'on')) throw new Error(`${kind}: ${heard} lines came`)
      }
    }
    const errors = readFileSync(join(nginx.directory, '../error.log'), 'utf8')
    if (errors.includes('syslog')) throw new Error('Nginx could not send')
    await hearing.close()
    return {
      title: "telling of requests: Nginx's processor time of one",
      unit: 'µs',
      ways: [...costs].map(([kind, values]) => ({ name: kind, values })),
    }
  } finally {
    app.server.close()
    await workspace.close()
  }
}

/** As cheap as an app can be: one answer to each piece that comes, over connections that stay. */
async function startApp() {
  const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(answer))
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}
