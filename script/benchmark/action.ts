import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildHelloBase } from '../../test/support/images.ts'
import { startStack } from '../../test/support/stack.ts'
import { openWorkspace } from '../../test/support/workspace.ts'
import { waysToDeploy } from './action/ways.ts'
import { table } from './table.ts'

const USAGE = `usage: script/bench action [--rounds 7] [--peers DIR]

  The Action against the least that could do its work: an empty Node script for its start, and docker buildx build --push with a
  curl for its whole run. With checkouts of docker/login-action, docker/metadata-action and docker/build-push-action in DIR, of
  these names, against a chain of them and that curl, too. In turns, medians.`

const ROOT = join(import.meta.dirname, '..', '..')
const DIST = join(ROOT, 'dist')
const STARTS = 15
const SETTINGS = { watch: '200ms', drain: '200ms', stop_grace_period: '0s' }

/** Milliseconds of an empty script, and of the bundle that stops at its first wrong input. */
function startUp(): [number, number] {
  const dir = mkdtempSync(join(tmpdir(), 'deploy-bench-'))
  try {
    const empty = join(dir, 'empty.mjs')
    writeFileSync(empty, '')
    const output = join(dir, 'output')
    writeFileSync(output, '')
    const env = { PATH: process.env['PATH'], INPUT_TIMEOUT: 'no duration', GITHUB_OUTPUT: output }
    const time = (script: string) => {
      const began = performance.now()
      spawnSync(process.execPath, [script], { env })
      return performance.now() - began
    }
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < STARTS; round++) {
      times[0].push(time(empty))
      times[1].push(time(join(DIST, 'main.js')))
    }
    return [median(times[0]), median(times[1])]
  } finally {
    rmSync(dir, { recursive: true })
  }
}

/** Milliseconds of build, push and deployment, each of the ways there are in turns. */
async function wholeRun(rounds: number, peers: string | undefined): Promise<Map<string, number>> {
  const workspace = openWorkspace()
  try {
    const stack = await startStack(workspace)
    Object.assign(stack.config.apps.hello, SETTINGS)
    await buildHelloBase({ host: stack.runner.host, dir: workspace.dir })
    await stack.startReceiver()
    const { ways, close } = await waysToDeploy(stack, peers)
    // the first deployment makes Nginx's site, and warms the builder's cache
    for (const [name, deploy] of ways) await deploy(`first-${name}`)
    const times = new Map([...ways.keys()].map((name): [string, number[]] => [name, []]))
    for (let round = 0; round < rounds; round++) {
      process.stderr.write(`\r· round ${round + 1} of ${rounds} `)
      for (const [name, deploy] of ways) {
        const began = performance.now()
        await deploy(`${name}-${round}`)
        times.get(name)?.push(performance.now() - began)
      }
    }
    process.stderr.write('\n')
    close()
    await stack.close()
    return new Map([...times].map(([name, each]) => [name, median(each)]))
  } finally {
    await workspace.close()
  }
}

/** KiB of all scripts of the bundle, and of those that every run loads. */
function size(): [number, number] {
  const kib = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0) / 1024
  const always = new Set(['main.js', 'github.js'])
  for (const name of always) {
    const imports = readFileSync(join(DIST, name), 'utf8').matchAll(
      /^import .* from "\.\/(.*)";$/gm,
    )
    for (const [, imported = ''] of imports) always.add(imported)
  }
  return [kib(readdirSync(DIST).filter((name) => /\.c?js$/.test(name))), kib(always)]
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    peers: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  const [empty, started] = startUp()
  const took = await wholeRun(Number(values.rounds), values.peers)
  const [whole, always] = size()
  const ms = (value: number) => `${value.toFixed(0)} ms`
  const [bare = 0, ours = 0, chain] = ['bare', 'ours', 'peers'].map((name) => took.get(name))
  table(
    ['', 'the least', 'the Action', '', 'aim'],
    [
      ['start', ms(empty), ms(started), `${(started / empty).toFixed(2)} times`, '≤ 5 times'],
      ['build, push and deploy', ms(bare), ms(ours), `${ms(ours - bare)} more`, '≤ 400 ms more'],
      ...(chain === undefined
        ? []
        : [
            [
              "… by Docker's own actions and curl",
              ms(bare),
              ms(chain),
              `${ms(chain - bare)} more`,
              '',
            ],
          ]),
      ['bundle', '', `${whole.toFixed(0)} KiB`, `${always.toFixed(0)} KiB always`, '≤ 3072 KiB'],
    ],
  )
}
