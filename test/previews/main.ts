import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Docker from 'dockerode'
import { type Random, randomOf } from '../crash/random.ts'
import { startDockerd } from '../support/dockerd.ts'
import { buildHelloBase, nodeVolumes, pushHello } from '../support/images.ts'
import { reservePair } from '../support/ports.ts'
import { startRegistry } from '../support/registry.ts'
import { startVm, type Vm } from '../support/vm.ts'
import { openWorkspace, type Workspace } from '../support/workspace.ts'
import { allThatIs, rowsOf } from './left-over.ts'
import { lifeOf } from './lives.ts'
import { DOMAIN, NAMED, notAsWanted, PASSWORD } from './not-as-wanted.ts'
import { createSender, type Life, runLives, type Sender } from './run-lives.ts'
import { addShop } from './shop.ts'
import { type Met, startVisitors } from './visitors.ts'

const USAGE = `usage: npm run test:previews -- [--previews N] [--compose N] [--seed N]

  Makes, updates and removes 50 previews in random order, six of them at once, and kills the receiver in between at random moments,
  while production of the same app is asked all the while by clients that send nothing again. Each third, or each Nth by --compose N
  (0: none), is of a Compose project: an app and its database, with volumes. Halfway and at the end it says what does not stand as it has to, and what is
  left over. --seed N gives the same order again; the moments of the kills are not the same.`

const VERSIONS = 4
const AUTHORS = 6
/** Between two kills, and as long as a start takes beside: on a slow machine it is to get on, too. */
const SHORTEST_MS = 1000
const LONGEST_MS = 12_000

const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${text}`)

interface Options {
  previews: number
  /** Each of so many is of a Compose project. */
  compose: number
  seed: number
}

async function main(options: Options): Promise<number> {
  const workspace = openWorkspace()
  try {
    return await comeAndGo(workspace, options)
  } finally {
    await workspace.close()
  }
}

async function comeAndGo(
  workspace: Workspace,
  { previews, compose, seed }: Options,
): Promise<number> {
  say(`seed ${seed}`)
  const random = randomOf(seed)
  const [engine, registry, apart] = await Promise.all([
    startDockerd({ dir: workspace.folder('engine') }),
    startRegistry({
      dir: workspace.folder('registry'),
      username: 'acme',
      password: randomBytes(18).toString('base64url'),
    }),
    reservePair(),
  ])
  const docker = new Docker({ socketPath: engine.host.slice('unix://'.length) })
  const vm = await startVm({ dir: workspace.dir, dockerHost: engine.host, registry }, 'previews')
  const digests = await Promise.all(
    Array.from({ length: VERSIONS }, (_, nth) => vm.push(`preview-${nth}`, { held: false })),
  )
  const ofPreviews = await configure(vm, { subnet: apart.subnet, max: previews })
  const shop = await addShop(vm, {
    engine: engine.host,
    registry,
    previews: ofPreviews,
  })
  await buildHelloBase({ host: engine.host, dir: workspace.dir, withNode: false })
  const production = await pushHello({
    host: engine.host,
    dir: workspace.dir,
    image: `${vm.repository}:production`,
    version: 'production',
    login: registry,
  })
  await vm.start()
  const { status, error } = await vm.deploy(production)
  if (status !== 'succeeded') throw new Error(`production: ${JSON.stringify(error)}`)
  const [first] = digests
  const ofShop = await vm.hook({ image: `${vm.repository}@${first}` }, { app: 'shop' })
  if (ofShop.deployment.status !== 'succeeded') {
    throw new Error(`production of shop: ${JSON.stringify(ofShop.deployment.error)}`)
  }
  const [before, rows] = [await allThatIs(docker, vm), await shop.rows()]
  const workers = vm.nginx.workers().join(' ')
  const visitors = startVisitors({ port: vm.sites, domain: 'api.test' })

  const lives: Life[] = Array.from({ length: previews }, (_, nth) => ({
    of: compose > 0 && nth % compose === 0 ? 'shop' : 'api',
    name: `pr-${nth + 1}`,
    steps: lifeOf(random, VERSIONS),
    version: undefined,
    deployment: undefined,
  }))
  const left = () => lives.reduce((sum, { steps }) => sum + steps.length, 0)
  const all = left()
  const sender = createSender({ vm, digests })
  const problems: string[] = []
  let kills = 0
  /** With kills, to what stands then. */
  const goOn = async (keepGoing: () => boolean) => {
    const killer = killNowAndThen(vm, random)
    problems.push(...(await runLives(lives, { sender, random, authors: AUTHORS, keepGoing })))
    kills += await killer.stop()
    say(`${all - left()} of ${all} steps are done, and ${kills} kills`)
    problems.push(...(await notAsWanted(lives, { vm, docker, sender })))
  }
  await goOn(() => left() > all / 2)
  await goOn(() => true)
  const met = await visitors.stop()
  const [after, rowsAfter] = [await allThatIs(docker, vm), await shop.rows()]
  await vm.receiver().stop()
  problems.push(
    ...after.filter((each) => !before.includes(each)).map((each) => `left over: ${each}`),
    ...before.filter((each) => !after.includes(each)).map((each) => `gone: ${each}`),
    ...rowsOf(vm.config['data'] as string, NAMED).map((each) => `left over: ${each}`),
    ...(rowsAfter === rows ? [] : [`the database of production has ${JSON.stringify(rowsAfter)}`]),
    ...(vm.nginx.workers().join(' ') === workers ? [] : ['Nginx was reloaded']),
    ...(met.failed === 0 ? [] : [`of production's requests ${met.failed} failed`, ...met.reasons]),
  )
  await vm.close()
  await engine.stop()
  await registry.stop()
  await apart.release()

  const projects = lives.filter(({ of }) => of === 'shop').length
  show({ previews, projects, kills, problems, sender, met })
  return problems.length === 0 ? 0 : 1
}

function show({
  previews,
  projects,
  kills,
  problems,
  sender: { counts },
  met,
}: {
  previews: number
  projects: number
  kills: number
  problems: readonly string[]
  sender: Sender
  met: Met
}): void {
  for (const problem of problems.slice(0, 40)) say(`PROBLEM  ${problem}`)
  console.table({
    previews,
    'of these of a Compose project': projects,
    made: counts.made,
    updated: counts.updated,
    removed: counts.removed,
    'late ones refused': counts.refusedLate,
    'kills of the receiver': kills,
    'requests sent again': counts.sentAgain,
    'deployed again': counts.deployedAgain,
    "production's requests": met.requests,
    'of these failed': met.failed,
    'left over': problems.filter((each) => each.startsWith('left over')).length,
    problems: problems.length,
  })
}

/** Returns what previews of each app have. */
async function configure(
  vm: Vm,
  { subnet, max }: { subnet: string; max: number },
): Promise<object> {
  Object.assign(vm.config['network'] as object, { previews: subnet })
  const passwords = join(vm.dir, 'previews.htpasswd')
  writeFileSync(passwords, `${PASSWORD.replace(':', ':{PLAIN}')}\n`, { mode: 0o644 })
  const ofPreviews = { domain: DOMAIN, basic_auth: passwords, max }
  Object.assign(vm.config.apps['api'] ?? {}, {
    volumes: await nodeVolumes(),
    health: { path: '/healthz', deadline: '60s' },
    stop_grace_period: '5s',
    previews: {
      ...ofPreviews,
      volumes: ['/data'],
      init: true,
    },
  })
  return ofPreviews
}

/** Kills the receiver again and again, and starts it each time. */
function killNowAndThen(vm: Vm, random: Random): { stop(): Promise<number> } {
  const stopping = new AbortController()
  let [kills, startMs] = [0, 0]
  const killing = (async () => {
    for (;;) {
      const ms = SHORTEST_MS + random.below(LONGEST_MS - SHORTEST_MS) + startMs
      await pause(ms, undefined, { signal: stopping.signal }).catch(() => {})
      if (stopping.signal.aborted) return kills
      vm.receiver().kill('SIGKILL')
      await vm.receiver().exited
      kills++
      const began = performance.now()
      await vm.start()
      startMs = performance.now() - began
    }
  })()
  // whoever stops it hears of its failure
  killing.catch(() => {})
  return {
    stop() {
      stopping.abort()
      return killing
    },
  }
}

const { values } = parseArgs({
  options: {
    previews: { type: 'string', default: '50' },
    compose: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(USAGE)
else {
  process.exitCode = await main({
    previews: Number(values.previews),
    compose: Number(values.compose),
    seed: Number(values.seed),
  })
}
