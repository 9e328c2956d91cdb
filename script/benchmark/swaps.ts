import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Accepted } from '../../protocol/deployment.ts'
import { buildHelloBase, pushHello } from '../../test/support/images.ts'
import { startLoad } from '../../test/support/load.ts'
import { askLocally } from '../../test/support/local.ts'
import { startStack } from '../../test/support/stack.ts'
import type { LoadReport } from '../../test/support/tally.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench swaps [--swaps 100]

  So many deployments under load: keep-alive GET and POST, fresh connections, slow responses and WebSockets, none of which
  may fail. Then as many \`nginx -s reload\` under the same load, to show that it sees what a careless swap does.`

const SLOW_MS = 1500
const SETTINGS = { watch: '500ms', drain: '4s', stop_grace_period: '2s' }

async function bench(swaps: number): Promise<boolean> {
  const workspace = openWorkspace()
  try {
    const stack = await startStack(workspace)
    Object.assign(stack.config.apps.hello, SETTINGS)
    await buildHelloBase({ host: stack.vm.host, dir: workspace.dir })
    const digests: string[] = []
    for (const version of ['1', '2']) {
      const image = `${stack.repository}:${version}`
      const where = { host: stack.vm.host, dir: workspace.dir, login: stack.registry }
      digests.push(await pushHello({ ...where, image, version }))
    }
    await stack.startReceiver()
    const deploy = async (number: number) => {
      const { text } = await askLocally(stack.config.socket, '/hooks/hello', {
        body: JSON.stringify({ image: `${stack.repository}@${digests[number % 2]}` }),
        prefer: 'wait=60',
      })
      const { deployment } = JSON.parse(text) as Accepted
      if (deployment.status !== 'succeeded') throw new Error(`a deployment failed: ${text}`)
    }
    await deploy(0)

    const underSwaps = startLoad(stack.hello, { slowMs: SLOW_MS })
    for (let number = 1; number <= swaps; number++) {
      process.stderr.write(`\r· swap ${number} of ${swaps}, ${underSwaps.report().failed} failed `)
      await deploy(number)
    }
    const ours = await underSwaps.stop()

    const underReloads = startLoad(stack.hello, { slowMs: SLOW_MS })
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
    await stack.close()
    return ours.failed === 0
  } finally {
    await workspace.close()
  }
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
      ...kinds.map((kind) => row(`requests: ${kind}`, ({ kinds: all }) => all[kind].requests)),
      row('requests in all', ({ requests }) => requests),
      row('**failed**', ({ failed }) => failed),
      row('WebSockets closed, and opened again', ({ reconnects }) => reconnects),
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
