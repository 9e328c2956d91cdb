import type Docker from 'dockerode'
import type { Asked, Figure, Measured, Part } from './part.ts'
import { onRig, pushVersion, type Rig, settled, untilAnswered } from './rig.ts'

const ROUNDS = 20
/** Milliseconds. */
const WARM_AIM = 25
const STOPPED_AIM = 1.15
const PORT = 8000
const BRIDGE = 'rollbacks'

/** From a request to the first answer of an earlier version: its container still runs, or was stopped, or only its image is there. */
export const part: Part = {
  measure: (asked) =>
    onRig(BRIDGE, async (rig): Promise<Measured> => {
      const rounds = asked.times(ROUNDS)
      const short = { watch: '0s', drain: '0s', stop_grace_period: '0s' }
      rig.app('running', { ...short, warm: '10m' })
      rig.app('stopped', { ...short, warm: '1s' })
      rig.app('image', short)
      await rig.vm.start()
      const versions = new Map<string, string>()
      for (const version of ['1', '2']) versions.set(version, await pushVersion(rig, version))
      for (const name of ['running', 'stopped', 'image']) {
        for (const digest of versions.values()) {
          await rig.deploy({ image: `${rig.vm.repository}@${digest}` }, name)
        }
      }
      const figures = [
        await stillRuns({ rig, asked, rounds, versions }),
        await isStopped({ rig, asked, rounds, versions }),
        await imageOnly({ rig, asked, rounds, versions }),
      ]
      return { figures, tables: [] }
    }),
}

interface Scene {
  rig: Rig
  asked: Asked
  rounds: number
  /** Digests by version; the second one is live. */
  versions: ReadonlyMap<string, string>
}

/** What is live in a round, and what is to be then. */
const targetOf = (round: number) => (round % 2 === 0 ? '1' : '2')

async function rollBack({ rig, versions }: Scene, app: string, version: string): Promise<number> {
  await settled()
  const digest = versions.get(version) ?? ''
  return rig.untilAnswered(() => rig.deploy({ rollback: digest }, app), version, app)
}

async function stillRuns(scene: Scene): Promise<Figure> {
  const values: number[] = []
  for (let round = 0; round <= scene.rounds; round++) {
    scene.asked.say(`its container still runs, ${round} of ${scene.rounds}`)
    const ms = await rollBack(scene, 'running', targetOf(round))
    // the first round warms up
    if (round > 0) values.push(ms)
  }
  const name = 'rollback'
  return {
    title: 'its container still runs',
    unit: 'ms',
    ways: [{ name, values }],
    aim: { way: name, most: WARM_AIM },
  }
}

async function isStopped(scene: Scene): Promise<Figure> {
  const { docker } = scene.rig.engine
  const values = { ours: [] as number[], docker: [] as number[] }
  const bare = await docker.createContainer({
    Image: `${scene.rig.vm.repository}@${scene.versions.get('1')}`,
    HostConfig: { NetworkMode: BRIDGE },
  })
  for (let round = 0; round <= scene.rounds; round++) {
    scene.asked.say(`its container was stopped, ${round} of ${scene.rounds}`)
    await untilStopped(scene.rig)
    const ours = await rollBack(scene, 'stopped', targetOf(round))
    await settled()
    const its = await startBare(bare)
    await bare.stop({ t: 0 })
    if (round > 0) {
      values.ours.push(ours)
      values.docker.push(its)
    }
  }
  await bare.remove({ force: true })
  const [name, against] = ['rollback', 'docker start and first answer']
  return {
    title: 'its container was stopped',
    unit: 'ms',
    ways: [
      { name, values: values.ours },
      { name: against, values: values.docker },
    ],
    aim: { way: name, against, most: STOPPED_AIM },
  }
}

/** Milliseconds from `docker start` to the first answer, at the container itself. */
async function startBare(container: Docker.Container): Promise<number> {
  const began = performance.timeOrigin + performance.now()
  await container.start()
  const { NetworkSettings } = await container.inspect()
  const { IPAddress: host = '' } = NetworkSettings.Networks[BRIDGE] ?? {}
  const started = performance.timeOrigin + performance.now()
  const waited = await untilAnswered({ host, port: PORT, domain: host }, async () => {}, '1')
  return started + waited - began
}

/** Until the container that was replaced is no longer warm. */
async function untilStopped({ engine: { docker } }: Rig): Promise<void> {
  const filters = { label: ['deploy-receiver.app=stopped'], status: ['running'] }
  while ((await docker.listContainers({ filters })).length > 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function imageOnly(scene: Scene): Promise<Figure> {
  const values: number[] = []
  for (let round = 0; round <= scene.rounds; round++) {
    scene.asked.say(`only its image is there, ${round} of ${scene.rounds}`)
    const ms = await rollBack(scene, 'image', targetOf(round))
    if (round > 0) values.push(ms)
  }
  return { title: 'only its image is there', unit: 'ms', ways: [{ name: 'rollback', values }] }
}
