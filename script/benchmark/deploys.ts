import { randomBytes } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { prepareBareScript } from '../../test/support/bare-deploy.ts'
import { type PushedLayer, pushLayer } from '../../test/support/tiny-image.ts'
import type { Asked, Figure, Measured, Part } from './part.ts'
import { onRig, pushVersion, type Rig, settled } from './rig.ts'

const PAIRS = 20
/** Five layers of a hundred megabytes that nothing compresses, beneath one of a few bytes that changes. */
const LARGE = { layers: 5, bytes: 100_000_000 }
const AIM = 1.1

interface Case {
  title: string
  /** Seconds that the app takes until it listens. */
  delay: number
  large?: boolean
}
const CASES: Case[] = [
  { title: 'ready at once', delay: 0 },
  { title: 'ready after 300 ms', delay: 0.3 },
  { title: 'ready after 900 ms', delay: 0.9 },
  { title: 'ready at once, 500 MB with one layer changed', delay: 0, large: true },
]

/**
 * From a request to the first answer of the new version that Nginx gives: the hook, against a script that does what has to be done by
 * the Docker API and flips the flag itself. Every image is new to the engine.
 */
export const part: Part = {
  measure: (asked) =>
    onRig('deploys', async (rig): Promise<Measured> => {
      const pairs = asked.times(PAIRS)
      const { vm, engine, registry, workspace } = rig
      rig.app('api', { drain: '500ms', stop_grace_period: '0s' })
      await vm.start()
      const bare = await prepareBareScript({
        docker: engine.docker,
        sites: vm.nginx.directory,
        reloadNginx: () => void execFileSync('sh', ['-c', vm.nginx.reload], { stdio: 'pipe' }),
        dir: workspace.folder('bare'),
        login: registry,
      })
      const figures: Figure[] = []
      for (const one of CASES) figures.push(await measure({ rig, bare, asked, pairs, one }))
      await bare.close()
      return { figures, tables: [] }
    }),
}

async function measure({
  rig,
  bare,
  asked,
  pairs,
  one,
}: {
  rig: Rig
  bare: Awaited<ReturnType<typeof prepareBareScript>>
  asked: Asked
  pairs: number
  one: Case
}): Promise<Figure> {
  const { repository } = rig.vm
  const below = one.large === true ? await largeLayers(rig) : []
  const next = async (version: string) => ({
    repository,
    version,
    digest: await pushVersion(rig, version, { below, config: { Cmd: command(one.delay) } }),
  })
  const values = { ours: [] as number[], script: [] as number[] }
  const label = CASES.indexOf(one)
  for (let round = 0; round <= pairs; round++) {
    asked.say(`${one.title}, ${round} of ${pairs}`)
    const [mine, its] = [await next(`ours-${label}-${round}`), await next(`bare-${label}-${round}`)]
    const ours = async () =>
      rig.untilAnswered(() => rig.deploy({ image: `${repository}@${mine.digest}` }), mine.version)
    const script = async () => bare.deploy(its)
    // whatever grows meanwhile: none is always the first
    const oursFirst = round % 2 === 0
    await settled()
    const first = await (oursFirst ? ours() : script())
    await settled()
    const second = await (oursFirst ? script() : ours())
    // the first round warms up
    if (round === 0) continue
    values.ours.push(oursFirst ? first : second)
    values.script.push(oursFirst ? second : first)
  }
  return {
    title: one.title,
    unit: 'ms',
    ways: [
      { name: 'hook to first answer', values: values.ours },
      { name: 'bare script', values: values.script },
    ],
    aim: { way: 'hook to first answer', against: 'bare script', most: AIM },
  }
}

const command = (delay: number) => [
  '/bin/busybox',
  'sh',
  '-c',
  `/bin/busybox sleep ${delay}; exec /bin/busybox httpd -f -p 8000 -h /www`,
]

async function largeLayers({ vm, registry }: Rig): Promise<PushedLayer[]> {
  const pushed: PushedLayer[] = []
  for (let layer = 0; layer < LARGE.layers; layer++) {
    const files = { [`large/${layer}`]: randomBytes(LARGE.bytes) }
    pushed.push(await pushLayer({ repository: vm.repository, login: registry }, files))
  }
  return pushed
}
