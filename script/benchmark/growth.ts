import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type BareScript, prepareBareScript } from '../../test/support/bare-deploy.ts'
import { seedHistory } from './growth/history.ts'
import type { Asked, Figure, Measured, Part, Table } from './part.ts'
import { memoryOf, processorTimeOf } from './processes.ts'
import { onRig, pushVersion, type Rig } from './rig.ts'

/** Apps with a live container. */
const APPS = [1, 50, 200, 400]
const MOST_APPS = 400
/** Of which an aim speaks. */
const MANY_APPS = 200
const HISTORY = 1_000_000
const ROUNDS = 12
const STARTS = 5
const LOOKS = 20
const AT_ONCE = 8
/** What it does at its start is over by then. */
const REST_MS = 10_000
const AIM = 1.1
const MEMORY_AIM_MIB = 0.2
/** As many addresses as 512 apps need; nobody else uses it here. */
const SUBNET = '10.212.0.0/21'
const SETTINGS = { watch: '0s', drain: '0s', stop_grace_period: '0s' }
/** What `status` and `history` ask for, and programs. */
const LISTINGS = [
  '/apps',
  '/overview',
  '/apps/api/deployments?limit=20',
  '/apps/api/deployments?limit=200',
]

/** The same receiver with more and more apps and with a long history: what each costs a deployment, a listing, a start, and memory. */
export const part: Part = {
  measure: (asked) =>
    onRig('growth', async (rig): Promise<Measured> => {
      const most = asked.times(MOST_APPS)
      const names = Array.from({ length: most }, (_, at) => (at === 0 ? 'api' : `app-${at}`))
      rig.vm.config['network'] = { name: 'growth', subnet: SUBNET }
      rig.app('api', SETTINGS)
      await rig.vm.start()
      const bare = await startBare(rig)
      const digest = await pushVersion(rig, 'first')
      const first = await rig.deploy({ image: `${rig.vm.repository}@${digest}` })
      const levels = [await measureLevel('1 app, new', { rig, bare, asked })]

      const count = asked.times(HISTORY)
      asked.say(`${count.toLocaleString('en-US')} deployments go into the history`)
      await rig.vm.receiver().stop()
      const store = join(rig.vm.dir, 'data', 'deploy-receiver.db')
      const sizes = seedHistory(store, { of: first.id, apps: names, count })
      await rig.vm.start()
      let live = 1
      for (const apps of new Set(APPS.map((wanted) => Math.min(wanted, most)))) {
        await makeLive(rig, names.slice(live, apps), { digest, asked })
        live = apps
        levels.push(await measureLevel(nameOf(apps), { rig, bare, asked }))
      }
      await bare.close()
      await rig.vm.receiver().stop()
      // what is left is searched for secrets, which a million records take long
      rmSync(store)
      const many = Math.min(MANY_APPS, most)
      return { figures: figuresOf(levels, many), tables: [sizesOf(sizes, count)] }
    }),
}

const nameOf = (apps: number) => (apps === 1 ? '1 app' : `${apps} apps`)

const startBare = ({ engine, registry, vm, workspace }: Rig): Promise<BareScript> =>
  prepareBareScript({
    docker: engine.docker,
    sites: vm.nginx.directory,
    reloadNginx: () => void execFileSync('sh', ['-c', vm.nginx.reload], { stdio: 'pipe' }),
    dir: workspace.folder('bare'),
    login: registry,
  })

async function makeLive(
  rig: Rig,
  names: readonly string[],
  { digest, asked }: { digest: string; asked: Asked },
): Promise<void> {
  for (const name of names) rig.app(name, SETTINGS)
  await rig.vm.reload()
  const queue = [...names]
  const work = async () => {
    for (let app = queue.pop(); app !== undefined; app = queue.pop()) {
      asked.say(`${queue.length} more apps are to be live`)
      await rig.deploy({ image: `${rig.vm.repository}@${digest}` }, app)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

interface Level {
  name: string
  ours: number[]
  bare: number[]
  starts: number[]
  /** Processor time of each start, in milliseconds. */
  startCpu: number[]
  memory: number[]
  /** By path. */
  listings: Map<string, number[]>
}

async function measureLevel(
  name: string,
  { rig, bare, asked }: { rig: Rig; bare: BareScript; asked: Asked },
): Promise<Level> {
  asked.say(`${name}: starts`)
  const [starts, startCpu, memory]: [number[], number[], number[]] = [[], [], []]
  for (let start = 0; start < asked.times(STARTS); start++) {
    await rig.vm.receiver().stop()
    const began = performance.now()
    await rig.vm.start()
    starts.push(performance.now() - began)
    startCpu.push(processorTimeOf(rig.vm.receiver().pid))
    await pause(REST_MS)
    memory.push(memoryOf(rig.vm.receiver().pid))
  }
  const level: Level = { name, ours: [], bare: [], starts, startCpu, memory, listings: new Map() }
  const rounds = asked.times(ROUNDS)
  for (let round = 0; round <= rounds; round++) {
    asked.say(`${name}: deployments, ${round} of ${rounds}`)
    const [ours, its] = await deployBoth(rig, bare, round % 2 === 0)
    // the first round warms up
    if (round === 0) continue
    level.ours.push(ours)
    level.bare.push(its)
  }
  for (const path of LISTINGS) level.listings.set(path, await listingTimes(rig, path, asked))
  return level
}

/** Milliseconds from the hook to the first answer, and of the bare script. Every image is new to the engine. */
async function deployBoth(
  rig: Rig,
  bare: BareScript,
  oursFirst: boolean,
): Promise<[number, number]> {
  const { repository } = rig.vm
  const next = async () => {
    const version = randomBytes(6).toString('hex')
    return { repository, version, digest: await pushVersion(rig, version) }
  }
  const [mine, its] = [await next(), await next()]
  const ours = () =>
    rig.untilAnswered(() => rig.deploy({ image: `${repository}@${mine.digest}` }), mine.version)
  if (oursFirst) return [await ours(), await bare.deploy(its)]
  const script = await bare.deploy(its)
  return [await ours(), script]
}

async function listingTimes({ vm }: Rig, path: string, asked: Asked): Promise<number[]> {
  const times: number[] = []
  const looks = asked.times(LOOKS)
  for (let look = 0; look <= looks; look++) {
    const began = performance.now()
    const { status, text } = await vm.readText(path)
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${text}`)
    if (look > 0) times.push(performance.now() - began)
  }
  return times
}

function figuresOf(levels: readonly Level[], many: number): Figure[] {
  const figure = (title: string, unit: string, read: (level: Level) => number[]): Figure => ({
    title,
    unit,
    ways: levels.map((level) => ({ name: level.name, values: read(level) })),
  })
  const overhead = figure(
    'hook to first answer: of a bare script beside as many',
    'times',
    (level) => level.ours.map((ms, round) => ms / (level.bare[round] ?? Number.NaN)),
  )
  return [
    { ...overhead, aim: { way: nameOf(many), against: nameOf(1), most: AIM } },
    figure('hook to first answer', 'ms', ({ ours }) => ours),
    figure('a bare script to first answer', 'ms', ({ bare }) => bare),
    figure('start until it answers', 'ms', ({ starts }) => starts),
    figure('processor time of a start', 'ms', ({ startCpu }) => startCpu),
    figure('memory of the receiver', 'MiB', ({ memory }) => memory),
    memoryOfEach(levels, many),
    ...LISTINGS.map((path) =>
      figure(`GET ${path}`, 'ms', ({ listings }) => listings.get(path) ?? []),
    ),
  ]
}

/** How much more it takes with many apps than with one, of each of these. */
function memoryOfEach(levels: readonly Level[], many: number): Figure {
  const of = (apps: number) => levels.find(({ name }) => name === nameOf(apps))?.memory ?? []
  const [few, all] = [of(1), of(many)]
  const values = all.map((mib, start) => (mib - (few[start] ?? Number.NaN)) / (many - 1))
  return {
    title: 'memory of the receiver, for each app more',
    unit: 'MiB',
    ways: [{ name: nameOf(many), values }],
    aim: { way: nameOf(many), most: MEMORY_AIM_MIB },
  }
}

function sizesOf({ record, events, store }: ReturnType<typeof seedHistory>, count: number): Table {
  const kib = (bytes: number) => Number((bytes / 2 ** 10).toFixed(1))
  return {
    title: 'on disk',
    head: ['KiB'],
    rows: [
      ['the record of a deployment', kib(record)],
      ['its events', kib(events)],
      [`the store with ${count.toLocaleString('en-US')} of them`, Math.round(kib(store))],
    ],
  }
}
