import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildHelloBase, pushHello } from '../../test/support/images.ts'
import { makePair } from '../../test/support/certificates.ts'
import { type Load, startLoad } from '../../test/support/load.ts'
import { freePort } from '../../test/support/ports.ts'
import type { LoadReport } from '../../test/support/tally.ts'
import type { Asked, Figure, Measured, Part, Table } from './part.ts'
import { onRig, type Rig } from './rig.ts'
import { callsApp } from './swaps/calls-app.ts'
import { idleConnections } from './swaps/idle.ts'
import { type Contestant, contestants } from './swaps/contestants.ts'
import { swarmContestant } from './swaps/swarm.ts'

const DEPLOYMENTS = 500
/** Longer than the slowest answers, as a `drain` has to be. */
const DRAIN_MS = 1500
const SLOW_MS = 1200
const SETTINGS = { watch: '500ms', drain: `${DRAIN_MS}ms`, stop_grace_period: '2s' }
const VERSIONS = ['1', '2'] as const
const DOMAIN = 'tls.api.test'
const CALLS = 'calls.test'
const OURS = 'deployments'
const TITLE = 'swaps under load'
const KINDS = 'ours, by kind of client'

/** What one contestant's swaps did to the clients. */
interface Met {
  name: string
  swaps: number
  report: LoadReport
}

/**
 * Deployments under load: keep-alive GET and POST, fresh connections, slow responses, HTTP/2 over TLS, a WebSocket, server-sent
 * events, and another app by gRPC, which is deployed beside it. No request may fail, and no WebSocket or stream may be ended before `drain` is over. Then the same load while the app is
 * swapped as people do it instead.
 */
export const part: Part = {
  async measure(asked) {
    const { ours, earliestMs, others } = await onRig('swaps', async (rig) => {
      const { engine, registry, vm, workspace } = rig
      await buildHelloBase({ host: engine.host, dir: workspace.dir })
      const digests: string[] = []
      for (const version of VERSIONS) {
        const image = `${vm.repository}:${version}`
        const where = { host: engine.host, dir: workspace.dir, login: registry }
        digests.push(await pushHello({ ...where, image, version }))
      }
      const pair = makePair(workspace.folder('tls'), [DOMAIN, CALLS])
      const own = await deployments({ rig, asked, digests, pair })
      const instead: Met[] = []
      for (const one of await contestants(rig, pair)) instead.push(await swapped(one, asked))
      return { ...own, others: instead }
    })
    const swarm = await swarmContestant()
    const all = [ours, ...others, await swapped(swarm, asked)]
    const idle = await idleConnections(asked)
    return {
      figures: [failuresOf(all)],
      tables: [tableOf(all), kindsOf(ours), idle.table],
      faults: faultsOf(ours, { earliestMs, idleFailed: idle.failed }),
    } satisfies Measured
  },
}

/** Ours. */
async function deployments({
  rig,
  asked,
  digests,
  pair,
}: {
  rig: Rig
  asked: Asked
  digests: readonly string[]
  pair: { certificate: string; key: string }
}): Promise<{ ours: Met; earliestMs: number }> {
  const { vm } = rig
  const port = await freePort()
  // after 1000 requests Nginx turns one of HTTP/2 away with its connection, which clients send again: here none is tried again
  const include = join(vm.dir, 'lines.conf')
  writeFileSync(include, 'keepalive_requests 1000000;\n')
  rig.app('api', { ...SETTINGS, site: { include }, domains: ['api.test', DOMAIN], tls: pair })
  const calls = await callsApp(rig)
  rig.app('calls', {
    ...SETTINGS,
    ...calls.settings,
    site: { include, protocol: 'grpc' },
    tls: pair,
  })
  Object.assign(vm.config['nginx'] as object, { listen_tls: [`127.0.0.1:${port}`] })
  await vm.start()
  /** When each deployment went live. */
  const live: number[] = []
  const deploy = async (number: number) => {
    const image = (among: readonly string[]) => ({
      image: `${vm.repository}@${among[number % among.length]}`,
    })
    const [{ live_at }] = await Promise.all([
      rig.deploy(image(digests)),
      rig.deploy(image(calls.digests), 'calls'),
    ])
    live.push(Date.parse(live_at ?? ''))
  }
  await deploy(0)
  const tls = { port, ca: readFileSync(pair.certificate, 'utf8') }
  const load = startLoad(
    { port: vm.sites, domain: 'api.test' },
    {
      slowMs: SLOW_MS,
      tls: { ...tls, domain: DOMAIN },
      calls: { ...tls, domain: CALLS },
    },
  )
  const swaps = asked.times(DEPLOYMENTS)
  const report = await during(load, swaps, deploy, (text) => asked.say(`ours, ${text}`))
  const sinceLive = (at: number) => at - Math.max(...live.filter((swap) => swap < at))
  return {
    ours: { name: OURS, swaps, report },
    earliestMs: Math.min(...report.closings.map(sinceLive)),
  }
}

/** Another way. */
async function swapped(contestant: Contestant, asked: Asked): Promise<Met> {
  const { name, site, tls } = contestant
  try {
    await contestant.start()
    const load = startLoad(site, { slowMs: SLOW_MS, tls })
    const swaps = asked.times(contestant.swaps)
    const report = await during(load, swaps, contestant.swap, (text) =>
      asked.say(`${name}, ${text}`),
    )
    return { name, swaps, report }
  } finally {
    await contestant.stop()
  }
}

async function during(
  load: Load,
  swaps: number,
  swap: (number: number) => Promise<unknown>,
  say: (text: string) => void,
): Promise<LoadReport> {
  try {
    for (let number = 1; number <= swaps; number++) {
      say(`${number} of ${swaps}, ${load.report().failed} failed`)
      await swap(number)
    }
  } catch (error) {
    await load.stop()
    throw error
  }
  return load.stop()
}

const failuresOf = (all: readonly Met[]): Figure => ({
  title: 'requests that failed, of a swap',
  unit: 'requests',
  ways: all.map(({ name, swaps, report }) => ({ name, values: [report.failed / swaps] })),
  aim: { way: OURS, most: 0 },
})

const tableOf = (all: readonly Met[]): Table => ({
  title: TITLE,
  head: ['swaps', 'requests', '**failed**', 'longest gap of one client (ms)'],
  rows: all.map(({ name, swaps, report: { requests, failed, longestGapMs } }) => [
    name,
    swaps,
    requests,
    failed,
    Math.round(longestGapMs),
  ]),
})

const kindsOf = ({ report }: Met): Table => ({
  title: KINDS,
  head: ['requests', 'failed', 'longest gap of one client (ms)'],
  rows: Object.entries(report.kinds).map(([kind, { requests, failed, longestGapMs }]) => [
    kind,
    requests,
    failed,
    Math.round(longestGapMs),
  ]),
})

function faultsOf(
  { report }: Met,
  { earliestMs, idleFailed }: { earliestMs: number; idleFailed: number },
): string[] {
  return [
    ...report.reasons.map((reason) => `a request failed: ${reason}`),
    ...(earliestMs < DRAIN_MS
      ? [`a WebSocket or stream ended ${earliestMs} ms after a swap, and drain is ${DRAIN_MS} ms`]
      : []),
    ...(idleFailed > 0 ? [`${idleFailed} requests over idle connections failed`] : []),
  ]
}
