import { parseArgs } from 'node:util'
import { startDockerd } from '../support/dockerd.ts'
import { startRegistry } from '../support/registry.ts'
import { openWorkspace } from '../support/workspace.ts'
import { DISK_FAULTS } from './disk-faults.ts'
import { FAULTS } from './engine-proxy.ts'
import { type Random, randomOf } from './random.ts'
import { SCENARIOS } from './scenarios.ts'
import { type Bench, type Point, startBench } from './sweep.ts'

const USAGE = `usage: npm run test:crash -- [--scenario NAME] [--fault NAME] [--every N] [--random COUNT --seed N]

  Breaks the way to the Docker engine at each request of a first deployment, an update, a failing update, a rollback, a recreate,
  a rollback to what is warm, an update of replicas, one of data in a VOLUME, one of a Compose project, and of a preview that goes while another comes, in each way (${FAULTS.join(', ')}),
  and the receiver's own fsyncs and writes (${DISK_FAULTS.join(', ')}). Checks what must hold afterwards. The last line counts
  points and violations.

  --every N        only each N-th request
  --random COUNT   so many points at random instead; --seed N gives the same ones again`

/** No deployment makes more requests to the engine than this. */
const MOST_REQUESTS = 400
/** Of one transaction there are ten writes and more. */
const WRITES_APART = 9

async function sweep(options: {
  scenario: string | undefined
  fault: string | undefined
  every: number
  random: number
  seed: number
}): Promise<number> {
  const workspace = openWorkspace()
  const [engine, registry] = await Promise.all([
    startDockerd({ dir: workspace.folder('engine') }),
    startRegistry({ dir: workspace.folder('registry'), username: 'acme', password: 'a-secret' }),
  ])
  const stack = { dir: workspace.dir, dockerHost: engine.host, registry }
  let [points, violations, benches] = [0, 0, 0]
  let bench: Bench | undefined

  const closeBench = async () => {
    for (const violation of (await bench?.close()) ?? []) {
      violations++
      console.log(`  VIOLATION  ${violation}`)
    }
    bench = undefined
  }
  /** Whether the fault struck. */
  const run = async (point: Point): Promise<boolean> => {
    if (bench?.hasRoom(point.scenario) === false) await closeBench()
    bench ??= await startBench(stack, `crash-${benches++}`)
    const began = performance.now()
    const { struck, status, violations: found } = await bench.run(point)
    if (struck === undefined) return false
    points++
    violations += found.length
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(
      `${found.length === 0 ? 'ok ' : 'BAD'} ${point.scenario.name.padEnd(8)} ${point.fault.padEnd(11)} ${String(point.at).padStart(3)}  ${status.padEnd(9)} ${seconds.padStart(5)} s  ${struck}`,
    )
    for (const violation of found) console.log(`  VIOLATION  ${violation}`)
    return true
  }

  try {
    const scenarios = SCENARIOS.filter(
      ({ name }) => options.scenario === undefined || name === options.scenario,
    )
    if (options.random > 0) {
      const random: Random = randomOf(options.seed)
      while (points < options.random) {
        await run({
          scenario: random.pick(scenarios),
          fault: random.pick([...FAULTS, ...DISK_FAULTS]),
          at: 1 + random.below(60),
        })
      }
    } else {
      for (const scenario of scenarios) {
        for (const fault of [...FAULTS, ...DISK_FAULTS]) {
          if (options.fault !== undefined && fault !== options.fault) continue
          const every = options.every * (fault.startsWith('write') ? WRITES_APART : 1)
          for (let at = 1; at < MOST_REQUESTS; at += every) {
            if (!(await run({ scenario, fault, at }))) break
          }
        }
      }
    }
    await closeBench()
    await engine.stop()
    await registry.stop()
  } finally {
    await workspace.close()
  }
  console.log(`${points} points, ${violations} violations`)
  return violations === 0 && points > 0 ? 0 : 1
}

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    fault: { type: 'string' },
    every: { type: 'string', default: '1' },
    random: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  console.log(`seed ${values.seed}`)
  process.exitCode = await sweep({
    scenario: values.scenario,
    fault: values.fault,
    every: Number(values.every),
    random: Number(values.random),
    seed: Number(values.seed),
  })
}
