import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Deployment } from '../../protocol/deployment.ts'
import { lookAtPage } from './followers/page.ts'
import type { Followers, Heard } from './followers/streams.ts'
import type { Asked, Figure, Measured, Part } from './part.ts'
import { memoryOf } from './processes.ts'
import { onRig, pushVersion, type Rig } from './rig.ts'
import { quantile } from './statistics.ts'

const ROUNDS = 5
const MANY = 1000
const HOOK_EVERY_MS = 20
/** A receiver that is left alone has tidied up by then. */
const REST_MS = 5000
const SETTINGS = { watch: '0s', drain: '0s', stop_grace_period: '0s' }
/** Listens once it is told to. */
const WAITS = [
  '/bin/busybox',
  'sh',
  '-c',
  'until [ -e /go ]; do /bin/busybox sleep 0.05; done; exec /bin/busybox httpd -f -p 8000 -h /www',
]

/** What it costs that many follow a deployment by server-sent events, and that many look at the page. */
export const part: Part = {
  async measure(asked): Promise<Measured> {
    const streams = await onRig('followers', (rig) => followDeployments(rig, asked))
    const page = await onRig('page', (rig) => lookAtPage(rig, asked))
    return { figures: [...streams, ...page], tables: [] }
  },
}

interface Followed {
  /** From the start of the deployment until it is live. */
  liveMs: number
  delays: number[]
  /** Of hooks that are accepted meanwhile. */
  hookMs: number[]
  /** MiB of the receiver. */
  memory: { before: number; with: number; after: number }
}

async function followDeployments(rig: Rig, asked: Asked): Promise<Figure[]> {
  const health = { path: '/healthz', deadline: '10m' }
  rig.app('api', { ...SETTINGS, health })
  rig.app('other', SETTINGS)
  await rig.vm.start()
  const few: Followed[] = []
  const many: Followed[] = []
  const rounds = asked.times(ROUNDS)
  for (let round = 0; round <= rounds; round++) {
    asked.say(`${MANY} follow, ${round} of ${rounds}`)
    const [alone, together] = [await followed(rig, 1), await followed(rig, MANY)]
    // the first round warms up
    if (round === 0) continue
    few.push(alone)
    many.push(together)
  }
  return figuresOf(few, many)
}

function figuresOf(few: readonly Followed[], many: readonly Followed[]): Figure[] {
  const [they, one] = [`${MANY.toLocaleString('en-US')} follow`, 'one follows']
  const at = (share: number, read: (each: Followed) => number[], of: readonly Followed[]) =>
    of.map((each) => quantile(read(each), share))
  const beside = (title: string, read: (each: Followed) => number[]): Figure[] =>
    [
      { of: 'median', share: 0.5 },
      { of: 'p99', share: 0.99 },
    ].map(({ of, share }) => ({
      title: `${title}: ${of}`,
      unit: 'ms',
      ways: [
        { name: they, values: at(share, read, many) },
        { name: one, values: at(share, read, few) },
      ],
    }))
  return [
    ...beside('from an event to each who follows', ({ delays }) => delays),
    {
      title: 'a deployment until it is live',
      unit: 'ms',
      ways: [
        { name: they, values: many.map(({ liveMs }) => liveMs) },
        { name: one, values: few.map(({ liveMs }) => liveMs) },
      ],
    },
    ...beside('a hook that is accepted meanwhile', ({ hookMs }) => hookMs),
    {
      title: 'memory of the receiver',
      unit: 'MiB',
      ways: [
        { name: they, values: many.map(({ memory }) => memory.with) },
        { name: 'before they come', values: many.map(({ memory }) => memory.before) },
        { name: 'after they left', values: many.map(({ memory }) => memory.after) },
      ],
    },
  ]
}

/** A deployment that waits until all who follow it are there, behind one that is told when to end. */
async function followed(rig: Rig, count: number): Promise<Followed> {
  const [held, next] = [`held-${randomBytes(6).toString('hex')}`, randomBytes(6).toString('hex')]
  const heldDigest = await pushVersion(rig, held, { config: { Cmd: WAITS } })
  const nextDigest = await pushVersion(rig, next)
  const { repository } = rig.vm
  const before = memoryOf(rig.vm.receiver().pid)

  const isOver = rig.deploy({ image: `${repository}@${heldDigest}` })
  const letGo = await whenItRuns(rig, `${repository}@${heldDigest}`)
  const { deployment, follow } = await rig.hook({ image: `${repository}@${nextDigest}` })
  const streams = await openStreams({ ...follow, count })
  const withThem = memoryOf(rig.vm.receiver().pid)
  await letGo()
  await isOver
  const end = streams.heard()
  const [{ delays }, hookMs] = await Promise.all([end, postUntil(rig, end)])
  await pause(REST_MS)
  const after = memoryOf(rig.vm.receiver().pid)
  const ended = (await rig.vm.read(`/deployments/${deployment.id}`)) as Deployment
  if (ended.status !== 'succeeded') throw new Error(JSON.stringify(ended))
  const liveMs = Date.parse(ended.live_at ?? '') - Date.parse(ended.started_at ?? '')
  return { liveMs, delays, hookMs, memory: { before, with: withThem, after } }
}

/** Resolves when a container of the image runs, to what has it go on. */
async function whenItRuns({ engine: { docker } }: Rig, image: string) {
  const filters = { ancestor: [image], status: ['running'] }
  for (;;) {
    // until it is pulled there is no such image
    const [found] = await docker.listContainers({ filters }).catch(() => [])
    if (found !== undefined) {
      return async () => {
        const touch = await docker
          .getContainer(found.Id)
          .exec({ Cmd: ['/bin/busybox', 'touch', '/go'] })
        await touch.start({ Detach: true })
      }
    }
    await pause(50)
  }
}

async function openStreams(followers: Followers) {
  const child = fork(join(import.meta.dirname, 'followers/streams.ts'))
  const said = () =>
    new Promise<unknown>((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error('those who follow have ended')))
    })
  child.send(followers)
  await said()
  const heard = said() as Promise<Heard>
  return {
    async heard() {
      const all = await heard
      child.kill()
      return all
    },
  }
}

/** Posts hooks for another app, one after the other, and tells how long each took; they fail soon after. */
async function postUntil(rig: Rig, end: Promise<unknown>): Promise<number[]> {
  let isOver = false
  const stop = () => void (isOver = true)
  end.then(stop, stop)
  const took: number[] = []
  while (!isOver) {
    const image = `${rig.vm.repository}@sha256:${randomBytes(32).toString('hex')}`
    const began = performance.now()
    await rig.hook({ image }, 'other')
    took.push(performance.now() - began)
    await pause(HOOK_EVERY_MS)
  }
  return took
}
