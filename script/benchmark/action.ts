import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildHelloBase } from '../../test/support/images.ts'
import { startStack } from '../../test/support/stack.ts'
import { openWorkspace, type Workspace } from '../../test/support/workspace.ts'
import { waysToDeploy } from './action/ways.ts'
import type { Asked, Figure, Measured, Part } from './part.ts'

const STARTS = 30
const ROUNDS = 12
/** Times of an empty script. */
const START_AIM = 5
/** Milliseconds more than the commands alone. */
const RUN_AIM = 400
/** KiB. */
const BUNDLE_AIM = 3072
const DIST = join(import.meta.dirname, '../../dist')
const SETTINGS = { watch: '200ms', drain: '200ms', stop_grace_period: '0s' }
/** Checkouts of docker/login-action, docker/metadata-action and docker/build-push-action, of these names, to measure a chain of them, too. */
const PEERS = process.env['ACTION_PEERS']

/** The Action against the least that could do its work: an empty script for its start; for its whole run, buildx and curl. */
export const part: Part = {
  async measure(asked): Promise<Measured> {
    const workspace = openWorkspace()
    try {
      const figures = [startUp(workspace, asked), ...(await wholeRun(workspace, asked)), bundle()]
      return { figures, tables: [] }
    } finally {
      await workspace.close()
    }
  },
}

/** Of the bundle that stops at its first wrong input. */
function startUp(workspace: Workspace, asked: Asked): Figure {
  const dir = workspace.folder('start')
  const [empty, output] = [join(dir, 'empty.mjs'), join(dir, 'output')]
  for (const file of [empty, output]) writeFileSync(file, '')
  const env = { PATH: process.env['PATH'], INPUT_TIMEOUT: 'no duration', GITHUB_OUTPUT: output }
  const start = (script: string) => {
    const began = performance.now()
    spawnSync(process.execPath, [script], { env })
    return performance.now() - began
  }
  const ours = { name: 'the Action', values: [] as number[] }
  const node = { name: 'an empty Node script', values: [] as number[] }
  const starts = asked.times(STARTS)
  for (let round = 0; round <= starts; round++) {
    asked.say(`start, ${round} of ${starts}`)
    const [one, other] = [start(join(DIST, 'main.js')), start(empty)]
    // the first round warms up
    if (round === 0) continue
    ours.values.push(one)
    node.values.push(other)
  }
  const aim = { way: ours.name, against: node.name, most: START_AIM }
  return { title: 'start', unit: 'ms', ways: [ours, node], aim }
}

/** Build, push and deployment, by each of the ways that there are, in turns. */
async function wholeRun(workspace: Workspace, asked: Asked): Promise<[Figure, Figure]> {
  const stack = await startStack(workspace)
  Object.assign(stack.config.apps.hello, SETTINGS)
  await buildHelloBase({ host: stack.runner.host, dir: workspace.dir })
  await stack.startReceiver()
  const { ways, close } = await waysToDeploy(stack, PEERS)
  const took = new Map([...ways.keys()].map((name): [string, number[]] => [name, []]))
  const rounds = asked.times(ROUNDS)
  for (let round = 0; round <= rounds; round++) {
    asked.say(`build, push and deploy, ${round} of ${rounds}`)
    for (const [name, deploy] of inTurns([...ways], round)) {
      const began = performance.now()
      await deploy(`${name}-${round}`)
      // the first deployment makes Nginx's site, and warms the builder's cache
      if (round > 0) took.get(name)?.push(performance.now() - began)
    }
  }
  close()
  await stack.close()
  const of = (name: string) => took.get(name) ?? []
  const more = of('ours').map((ms, round) => ms - (of('bare')[round] ?? Number.NaN))
  const whole = [
    { name: 'the Action', values: of('ours') },
    { name: 'docker buildx build and curl', values: of('bare') },
    ...(took.has('peers') ? [{ name: "Docker's own actions and curl", values: of('peers') }] : []),
  ]
  const name = 'the Action'
  return [
    { title: 'build, push and deploy', unit: 'ms', ways: whole },
    {
      title: 'build, push and deploy: more than buildx and curl',
      unit: 'ms',
      ways: [{ name, values: more }],
      aim: { way: name, most: RUN_AIM },
    },
  ]
}

/** Whatever grows meanwhile: none is always the first. */
const inTurns = <T>(all: readonly T[], round: number): T[] => {
  const first = round % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

/** Scripts of the bundle, and of these the ones that every run loads. */
function bundle(): Figure {
  const kib = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + statSync(join(DIST, name)).size, 0) / 1024
  const always = new Set(['main.js', 'github.js'])
  for (const name of always) {
    const text = readFileSync(join(DIST, name), 'utf8')
    for (const [, imported = ''] of text.matchAll(/^import .* from "\.\/(.*)";$/gm)) {
      always.add(imported)
    }
  }
  const name = 'all scripts'
  return {
    title: 'bundle',
    unit: 'KiB',
    ways: [
      { name, values: [kib(readdirSync(DIST).filter((file) => /\.c?js$/.test(file)))] },
      { name: 'those that every run loads', values: [kib(always)] },
    ],
    aim: { way: name, most: BUNDLE_AIM },
  }
}
