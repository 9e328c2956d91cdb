import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Accepted } from '../../protocol/deployment.ts'
import { buildHelloBase, pushHello } from '../../test/support/images.ts'
import { makePair } from '../../test/support/certificates.ts'
import { startLoad } from '../../test/support/load.ts'
import { askLocally } from '../../test/support/local.ts'
import type { TlsSite } from '../../test/support/multiplex.ts'
import { freePort } from '../../test/support/ports.ts'
import { type Stack, startStack } from '../../test/support/stack.ts'
import type { LoadReport } from '../../test/support/tally.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench swaps [--swaps 100]

  So many deployments under load: keep-alive GET and POST, fresh connections, responses of 5 s, WebSockets, server-sent
  events, and HTTP/2 over TLS. None may fail, and no WebSocket may be closed before \`drain\` is over. Then as many \`nginx -s reload\` under the same load, to show that it sees what a careless swap does.`

const SLOW_MS = 5000
const DRAIN_MS = 6000
const SETTINGS = { watch: '500ms', drain: `${DRAIN_MS}ms`, stop_grace_period: '2s' }

async function bench(swaps: number): Promise<boolean> {
  const workspace = openWorkspace()
  try {
    const stack = await startStack(workspace)
    Object.assign(stack.config.apps.hello, SETTINGS)
    const tls = await configureTls(stack, workspace.dir)
    await buildHelloBase({ host: stack.vm.host, dir: workspace.dir })
    const digests: string[] = []
    for (const version of ['1', '2']) {
      const image = `${stack.repository}:${version}`
      const where = { host: stack.vm.host, dir: workspace.dir, login: stack.registry }
      digests.push(await pushHello({ ...where, image, version }))
    }
    await stack.startReceiver()
    /** When each deployment went live. */
    const swapped: number[] = []
    const deploy = async (number: number) => {
      const { text } = await askLocally(stack.config.socket, '/hooks/hello', {
        body: JSON.stringify({ image: `${stack.repository}@${digests[number % 2]}` }),
        prefer: 'wait=60',
      })
      const { deployment } = JSON.parse(text) as Accepted
      swapped.push(Date.parse(deployment.live_at ?? ''))
      if (deployment.status !== 'succeeded') throw new Error(`a deployment failed: ${text}`)
    }
    await deploy(0)
    const load = { slowMs: SLOW_MS, tls }

    const underSwaps = startLoad(stack.hello, load)
    for (let number = 1; number <= swaps; number++) {
      process.stderr.write(`\r· swap ${number} of ${swaps}, ${underSwaps.report().failed} failed `)
      await deploy(number)
    }
    const ours = await underSwaps.stop()

    const underReloads = startLoad(stack.hello, load)
    for (let number = 1; number <= swaps; number++) {
      process.stderr.write(
        `\r· reload ${number} of ${swaps}, ${underReloads.report().failed} failed `,
      )
      execFileSync('sh', ['-c', stack.nginx.reload], { stdio: 'pipe' })
      await pause(500)
    }
    const theirs = await underReloads.stop()
    process.stderr.write('\n')
    show(swaps, ours, theirs)
    const earliest = Math.min(
      ...ours.closings.map((at) => at - Math.max(...swapped.filter((swap) => swap < at))),
    )
    console.log(
      `\nearliest end of a WebSocket or stream after a swap: ${earliest} ms, drain ${DRAIN_MS} ms`,
    )
    await stack.close()
    return ours.failed === 0 && earliest >= DRAIN_MS
  } finally {
    await workspace.close()
  }
}

/** A domain of the app that the config gives a certificate, beside the one over plain HTTP, which it is not for. */
async function configureTls({ config }: Stack, dir: string): Promise<TlsSite> {
  const port = await freePort()
  const domain = 'tls.hello.localhost'
  const { certificate, key } = makePair(join(dir, 'tls'), [domain])
  const { hello } = config.apps
  // after 1000 requests Nginx turns one of HTTP/2 away with its connection, which clients send again: here none is tried again
  const include = join(dir, 'tls', 'lines.conf')
  writeFileSync(include, 'keepalive_requests 1000000;\n')
  Object.assign(hello, {
    site: { include },
    domains: [...(hello['domains'] as string[]), domain],
    tls: { certificate, key },
  })
  Object.assign(config['nginx'] as object, { listen_tls: [`127.0.0.1:${port}`] })
  return { port, domain, ca: readFileSync(certificate, 'utf8') }
}

function show(swaps: number, ours: LoadReport, theirs: LoadReport): void {
  const kinds = Object.keys(ours.kinds) as (keyof LoadReport['kinds'])[]
  const row = (name: string, of: (report: LoadReport) => number) => [
    name,
    ...[ours, theirs].map((report) => Math.round(of(report)).toLocaleString('en-US')),
  ]
  table(
    ['', `${swaps} deployments`, `${swaps} × nginx -s reload`],
    [
      ...kinds.map((kind) =>
        row(`requests: ${kind}`, ({ kinds: all }) => all[kind]?.requests ?? 0),
      ),
      row('requests in all', ({ requests }) => requests),
      row('**failed**', ({ failed }) => failed),
      row('WebSockets and streams ended, and opened again', ({ closings }) => closings.length),
      row('longest gap of one client (ms)', ({ longestGapMs }) => longestGapMs),
    ],
  )
  for (const reason of new Set(theirs.reasons)) console.log(`with a reload: ${reason}`)
  for (const reason of ours.reasons) console.log(`FAILED: ${reason}`)
}

const { values } = parseArgs({
  options: {
    swaps: { type: 'string', default: '100' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else process.exitCode = (await bench(Number(values.swaps))) ? 0 : 1
