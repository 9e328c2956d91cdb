import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { hearAccessLog } from '../../receiver/edges/access-log.ts'
import { createSites } from '../../receiver/edges/nginx/sites.ts'
import { createSlots, heardFlag } from '../../receiver/edges/slots.ts'
import { startNginx } from '../../test/support/nginx.ts'
import { freePort } from '../../test/support/ports.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench traffic [--requests 20000] [--rounds 7]

  What it costs Nginx to tell of requests: its workers' processor time for each, of so many in each round, with \`access_log\` off and
  on, and on while nobody hears, in turns, medians. Nginx logs into a file besides, as it does by default. Takes \`ab\` (apache2-utils).`

const run = promisify(execFile)
const CONNECTIONS = 8
/** USER_HZ, which Linux counts processor time in. */
const TICKS_A_SECOND = 100
const KINDS = ['off', 'on, and nobody hears', 'on'] as const
type Kind = (typeof KINDS)[number]

async function bench(requests: number, rounds: number): Promise<void> {
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
      flag: heardFlag(data),
      report: (message) => console.error(message),
      nowMs: () => performance.now(),
    })

    const ask = async () => {
      const before = ticksOf(nginx.pid)
      const url = `http://127.0.0.1:${port}/`
      const args = ['-q', '-k', '-c', String(CONNECTIONS), '-n', String(requests)]
      const { stdout } = await run('ab', [...args, '-H', 'Host: api.test', url])
      if (!/^Failed requests: +0$/m.test(stdout)) throw new Error(stdout)
      return ((ticksOf(nginx.pid) - before) / TICKS_A_SECOND / requests) * 1_000_000
    }
    const costs: Record<Kind, number[]> = { off: [], 'on, and nobody hears': [], on: [] }
    for (let round = 0; round <= rounds; round += 1) {
      // whatever else the machine does grows and shrinks: none is always the first
      for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
        if (isWanted !== (kind !== 'off')) {
          isWanted = kind !== 'off'
          await nginx.reloaded(() => sites.receiver.ensure('leave'))
        }
        if (kind === 'on') writeFileSync(heardFlag(data), '')
        else rmSync(heardFlag(data), { force: true })
        heard = 0
        const cost = await ask()
        process.stderr.write(`\r· round ${round} of ${rounds}: ${kind}, ${cost.toFixed(1)} µs   `)
        // the first one warms up
        if (round > 0) costs[kind].push(cost)
        if (heard > 0 !== (kind === 'on')) throw new Error(`${kind}: ${heard} lines came`)
      }
    }
    process.stderr.write('\n')
    const errors = readFileSync(join(nginx.directory, '../error.log'), 'utf8')
    if (errors.includes('syslog')) throw new Error('Nginx could not send')
    await hearing.close()
    table(
      ['access_log', "Nginx's processor time of a request (µs)", 'from', 'to'],
      KINDS.map((kind) => {
        const sorted = costs[kind].toSorted((a, b) => a - b)
        const of = (at: number) => (sorted.at(at) ?? Number.NaN).toFixed(1)
        return [kind, of(Math.floor(sorted.length / 2)), of(0), of(-1)]
      }),
    )
  } finally {
    app.server.close()
    await workspace.close()
  }
}

/** Processor time of Nginx's workers, in user and system. */
const ticksOf = (master: number): number =>
  readFileSync(`/proc/${master}/task/${master}/children`, 'utf8')
    .trim()
    .split(' ')
    .reduce((sum, pid) => {
      // behind the name, which may have blanks
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      return sum + Number(fields[11]) + Number(fields[12])
    }, 0)

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

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '7' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else await bench(Number(values.requests), Number(values.rounds))
